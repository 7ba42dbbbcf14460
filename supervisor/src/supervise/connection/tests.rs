use super::*;
use rustix::net::{AddressFamily, SocketType, socket_with};

#[test]
fn a_kernel_that_lets_nobody_in_is_not_asked_in_circles() {
    let tasks = Tasks::new().expect("tasks");
    // Nobody can be let in where nobody listens, and it is as ready as one with clients is for want of descriptors.
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None).expect("a socket");
    let inner = tasks.clone();
    let _waiting = tasks.spawn(async move {
        next(&socket, &inner).await;
    });
    let end = now().after(PAUSE_MS / 4);
    let mut turns = 0;
    while now() < end {
        tasks.run();
        tasks.reactor.turn(Some(end)).expect("turn");
        turns += 1;
    }
    assert!((2..10).contains(&turns), "it was asked, and then left alone: {turns} turns");
}

#[test]
fn who_came_first_gives_way_first_of_the_silent_then_of_those_who_listen() {
    let tasks = Tasks::new().expect("tasks");
    let (mut guests, ended) = (Guests::default(), Rc::new(Cell::default()));
    let mut seat = |name, manner| {
        let has_room = guests.have_room(3);
        if has_room {
            let guard = Leaving(name, Rc::clone(&ended));
            let conversation = tasks.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            guests.seat(Rc::new(Cell::new(manner)), conversation);
        }
        tasks.run();
        has_room
    };
    let (silent, listens, stays) = (Manner::Silent, Manner::Listens, Manner::Stays);
    assert!(seat("a", listens) && seat("b", silent) && seat("c", stays));
    assert_eq!(ended.take(), [""; 0], "there are places");
    assert!(seat("d", listens));
    assert_eq!(ended.take(), ["b"]);
    assert!(seat("e", stays));
    assert_eq!(ended.take(), ["a"]);
    assert!(seat("f", stays));
    assert_eq!(ended.take(), ["d"]);
    assert!(!seat("g", silent), "who is left stays");
    assert_eq!(ended.take(), [""; 0]);
}

/// Says that a conversation is over.
struct Leaving(&'static str, Rc<Cell<Vec<&'static str>>>);

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut ended = self.1.take();
        ended.push(self.0);
        self.1.set(ended);
    }
}
