-- What a controller keeps. Numbers of 64 bits are kept as SQLite has them, signed; keys and digests are bytes.
PRAGMA application_id = 1281977712;
CREATE TABLE fleet (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fleet BLOB NOT NULL
);
CREATE TABLE roots (
    generation INTEGER PRIMARY KEY,
    envelope BLOB NOT NULL
);
CREATE TABLE invites (
    invite BLOB PRIMARY KEY,
    labels TEXT NOT NULL,
    expires_s INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    serials_only INTEGER NOT NULL,
    root INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE serials (
    serial TEXT PRIMARY KEY,
    labels TEXT NOT NULL,
    used_by BLOB
) WITHOUT ROWID;
-- Each state that was uploaded for a board.
CREATE TABLE states (
    id INTEGER PRIMARY KEY,
    board BLOB NOT NULL,
    root INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    envelope BLOB NOT NULL
);
CREATE TABLE boards (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,
    serial TEXT,
    arch TEXT NOT NULL,
    hostname TEXT NOT NULL,
    enrolled_s INTEGER NOT NULL,
    root INTEGER NOT NULL,
    cordoned INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    cloned_s INTEGER,
    online INTEGER NOT NULL,
    instances BLOB NOT NULL,
    offered INTEGER REFERENCES states (id),
    latest INTEGER REFERENCES states (id)
) WITHOUT ROWID;
CREATE TABLE seen (
    board BLOB PRIMARY KEY REFERENCES boards (id),
    at_s INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE reports (
    board BLOB PRIMARY KEY REFERENCES boards (id),
    instance BLOB NOT NULL,
    report BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE rollouts (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    note TEXT NOT NULL,
    operator BLOB NOT NULL,
    created_s INTEGER NOT NULL,
    digest BLOB NOT NULL,
    header TEXT NOT NULL
);
CREATE TABLE parts (
    rollout INTEGER NOT NULL REFERENCES rollouts (id),
    place INTEGER NOT NULL,
    board BLOB NOT NULL REFERENCES boards (id),
    member TEXT NOT NULL,
    before INTEGER REFERENCES states (id),
    forward INTEGER NOT NULL REFERENCES states (id),
    undo INTEGER NOT NULL REFERENCES states (id),
    PRIMARY KEY (rollout, place)
) WITHOUT ROWID;
-- What happened, for people; the oldest are dropped.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL
);
-- What operators did; nothing is ever dropped.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE blobs (
    sha256 BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE pieces (
    sha256 BLOB NOT NULL REFERENCES blobs (sha256),
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (sha256, number)
);
