//! Polls that find nothing new, beside nginx that answers the same on files of its own; run by hand or by `./x bench --fleet`.

use crate::board::{Board, etag};
use crate::client::Client;
use crate::rig::{Directory, Rig, secret_of};
use limpet_protocol::fleet::link;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const CONNECTIONS: u32 = 64;
const THREADS: usize = 2;
/// Answers of each connection in a round.
const EACH: u32 = 400;
const ROUNDS: usize = 7;

/// Connections that have been answered once, and what each asks again.
struct Crowd {
    clients: Vec<(Client, Vec<u8>)>,
    /// The server's processes.
    pids: Vec<u32>,
}

/// Of one round.
struct Pace {
    per_s: f64,
    /// Answers per second that the server was on a core.
    per_cpu_s: f64,
}

impl Crowd {
    fn round(&mut self) -> Pace {
        let (began, busy) = (Instant::now(), cpu_ticks(&self.pids));
        let part = self.clients.len().div_ceil(THREADS);
        std::thread::scope(|scope| {
            for clients in self.clients.chunks_mut(part) {
                scope.spawn(|| (0..EACH).for_each(|_| ask_all(clients)));
            }
        });
        let answers = f64::from(EACH) * self.clients.len() as f64;
        let busy = (cpu_ticks(&self.pids) - busy) as f64 / 100.0;
        Pace { per_s: answers / began.elapsed().as_secs_f64(), per_cpu_s: answers / busy }
    }
}

/// All wait at once, so that the server is never idle.
fn ask_all(clients: &mut [(Client, Vec<u8>)]) {
    for (client, request) in &mut *clients {
        client.send(request).expect("sent");
    }
    for (client, _) in clients {
        assert_eq!(client.answer().expect("an answer").status, 304);
    }
}

/// Hundredths of a second on a core, in the kernel too. proc_pid_stat(5), fields 14 and 15; a tick is 10 ms on Linux.
fn cpu_ticks(pids: &[u32]) -> u64 {
    let of = |pid: &u32| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
        fields[11..=12].iter().map(|field| field.parse::<u64>().expect("a number")).sum()
    };
    pids.iter().map(of).sum()
}

fn request(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("GET {path} HTTP/1.1\r\nHost: controller\r\n");
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    format!("{head}\r\n").into_bytes()
}

fn of_controller(rig: &Rig) -> Crowd {
    let invite = rig.operator().invite(CONNECTIONS);
    let clients = (0..CONNECTIONS).map(|n| {
        let mut seed = [3; 32];
        seed[..4].copy_from_slice(&n.to_le_bytes());
        let board = Board { secret: secret_of(&seed), ..Board::new(1, &format!("b{n}")) };
        assert_eq!(board.enrol(rig.address(), invite).status, 200);
        let mut link = board.connect(rig.address());
        let tag = etag(&link.poll(None, 0));
        (link.client, request(link::DESIRED, &[(link::WAIT, "0"), ("If-None-Match", &tag)]))
    });
    Crowd { clients: clients.collect(), pids: vec![rig.server.as_ref().expect("it runs").child.id()] }
}

struct Nginx {
    child: Child,
    address: SocketAddr,
    _directory: Directory,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It ends its workers itself when told in order.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// With the controller's own certificate, and one worker for each core as the controller has.
    fn new(data: &Path) -> Self {
        let directory = Directory::new();
        let here = directory.0.display();
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        std::fs::write(directory.0.join("state"), [0; 300]).expect("written");
        let text = format!(
            "daemon off; worker_processes auto; pid {here}/pid; error_log {here}/log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 1000000; client_body_temp_path {here}/a; proxy_temp_path {here}/b;\n\
             fastcgi_temp_path {here}/c; uwsgi_temp_path {here}/d; scgi_temp_path {here}/e; open_file_cache max=16;\n\
             server {{ listen 127.0.0.1:{port} ssl; root {here}; ssl_protocols TLSv1.3;\n\
             ssl_certificate {0}/certificate.pem; ssl_certificate_key {0}/certificate.key; }} }}\n",
            data.display()
        );
        let configuration = directory.0.join("nginx.conf");
        std::fs::write(&configuration, text).expect("written");
        let child = Command::new("nginx").arg("-c").arg(&configuration).spawn().expect("nginx is there");
        Self { child, address: ([127, 0, 0, 1], port).into(), _directory: directory }
    }

    fn connect(&self) -> Client {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match Client::connect(self.address) {
                Ok(client) => return client,
                Err(error) if Instant::now() > until => panic!("nginx does not answer: {error}"),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn crowd(&self) -> Crowd {
        let clients = (0..CONNECTIONS).map(|_| {
            let mut client = self.connect();
            let tag = etag(&client.ask("GET", "/state", &[], &[]).expect("an answer"));
            (client, request("/state", &[("If-None-Match", &tag)]))
        });
        let clients = clients.collect();
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(children).expect("it runs");
        let pids = children.split_whitespace().map(|pid| pid.parse().expect("a number")).collect();
        Crowd { clients, pids }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
#[ignore = "figures, not a judgement"]
fn unchanged_polls_beside_nginx() {
    let rig = Rig::new();
    let nginx = Nginx::new(&rig.data());
    let mut crowds = [of_controller(&rig), nginx.crowd()];
    let paces: Vec<[Pace; 2]> = (0..ROUNDS).map(|_| crowds.each_mut().map(Crowd::round)).collect();
    let per_s = |at: usize| median(paces.iter().map(|pair| pair[at].per_s).collect());
    let per_cpu_s = |at: usize| median(paces.iter().map(|pair| pair[at].per_cpu_s).collect());
    println!("unchanged polls over {CONNECTIONS} TLS connections, median of {ROUNDS} rounds in turns:");
    println!("| | per second | × nginx | per second on a core | × nginx |\n| --- | --- | --- | --- | --- |");
    for (at, name) in ["limpet-controller", "nginx"].into_iter().enumerate() {
        let (wall, cpu) = (per_s(at), per_cpu_s(at));
        println!("| {name} | {wall:.0} | {:.2} | {cpu:.0} | {:.2} |", wall / per_s(1), cpu / per_cpu_s(1));
    }
}
