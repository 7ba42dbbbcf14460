//! Fields of a service that the specification has and Limpet has not, with what to do instead.

const NETWORK: &str = "it comes with the network version of Limpet; use network_mode: host, or take it away in an \
                       override with !reset";
const LEAVE: &str = "it has no meaning here; leave it out";
const RATES: &str = "bound the CPU with cpus:";

pub(super) const FIELDS: &[(&str, &str)] = &[
    ("build", "Limpet builds no images; build it elsewhere and name it with image:"),
    (
        "ports",
        "ports come with the network version of Limpet; use network_mode: host, or take them away in an \
               override with ports: !reset []",
    ),
    ("expose", NETWORK),
    ("networks", NETWORK),
    ("links", NETWORK),
    ("external_links", NETWORK),
    ("extra_hosts", NETWORK),
    ("dns", NETWORK),
    ("dns_opt", NETWORK),
    ("dns_search", NETWORK),
    ("domainname", "write the full name as hostname:"),
    ("mac_address", NETWORK),
    ("annotations", "write labels:"),
    ("attach", LEAVE),
    ("cpu_count", RATES),
    ("cpu_percent", RATES),
    ("cpu_rt_period", RATES),
    ("cpu_rt_runtime", RATES),
    ("credential_spec", LEAVE),
    ("develop", "it is for development with docker compose; take it away in an override with !reset"),
    ("device_cgroup_rules", "name the devices with devices:"),
    ("gpus", "name the device files with devices:"),
    ("isolation", LEAVE),
    ("mem_swappiness", "bound memory and swap with mem_limit: and memswap_limit:"),
    ("models", LEAVE),
    ("oom_kill_disable", "a container that is out of memory must end; leave it out"),
    ("pid", "a container has a PID namespace of its own; leave it out"),
    ("post_start", "let the command or another service with depends_on: do it"),
    ("pre_stop", "let the program do it on its stop_signal:"),
    ("provider", "only containers can be services"),
    ("pull_refresh_after", "write pull_policy: always or missing"),
    ("runtime", "Limpet is the runtime; leave it out"),
    ("storage_opt", "bound what a tmpfs holds with its size"),
    ("use_api_socket", "there is no docker to speak to; leave it out"),
    ("uts", "a container has a host name of its own; leave it out"),
    ("volumes_from", "name the volumes in both services"),
];
