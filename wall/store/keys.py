"""Every key of the store, made here and nowhere else.

All keys of one wall carry the same hash tag `{w:<event>}`, so one script always touches one slot.
Keys that scripts work on are passed to them; no script builds a key of its own.
"""

from __future__ import annotations

from wall.model import PostId


class Keys:
    """Names for the wall of one event. `event` is the settings' slug."""

    def __init__(self, event: str) -> None:
        self.base = f"{{w:{event}}}"

    def _key(self, *parts: str) -> str:
        return ":".join((self.base, *parts))

    def post(self, pid: PostId) -> str:
        """Hash, kept to the end of the event + 30 days. Written by the gate's scripts.

        state, rev, mrev, arr, place, seq, shash, chash, content, reasons, media, pending, edited, note, by, src,
        at, author, counts, shown, stood, cluster, labels, memo, dhashes, eyes, eyes_by; a tombstone keeps state, why,
        chash, when it stood on the wall, and the counters alone.
        """
        return self._key("post", pid)

    @property
    def post_prefix(self) -> str:
        return self._key("post", "")

    @property
    def queue(self) -> str:
        """Zset pid -> place, fair between authors. Posts offered for a decision. Written by the gate."""
        return self._key("queue")

    @property
    def held(self) -> str:
        """Zset pid -> place. Posts that wait for a second look. Written by the gate."""
        return self._key("held")

    @property
    def rejected(self) -> str:
        """Zset pid -> audit number of the rejection. Written by the gate."""
        return self._key("rejected")

    @property
    def live(self) -> str:
        """Zset pid -> sequence number of its approval: the wall. Written by the gate."""
        return self._key("live")

    @property
    def items(self) -> str:
        """Hash pid -> "rev pinned chash content" of what is live. Written by the gate, read by screens."""
        return self._key("live", "items")

    @property
    def pinned(self) -> str:
        """Set of pids that every snapshot carries. Written by the gate."""
        return self._key("live", "pinned")

    @property
    def meta(self) -> str:
        """Hash: epoch (written once), seq, arr, audit_n, audit_h, by the gate; rewritten, by the worker."""
        return self._key("live", "meta")

    @property
    def log(self) -> str:
        """Stream with explicit ids `<seq>-0`: op, id, rev. Ids only; the last 10,000. Written by the gate."""
        return self._key("live", "log")

    @property
    def tick(self) -> str:
        """Pub/sub channel: the newest sequence number, nothing else."""
        return self._key("live", "tick")

    @property
    def desk_tick(self) -> str:
        """Pub/sub channel: the newest audit number."""
        return self._key("desk", "tick")

    @property
    def screens_tick(self) -> str:
        """Pub/sub channel: a web process's screens (ids and numbers), for the others' desks. Not kept."""
        return self._key("screens", "tick")

    @property
    def commands_tick(self) -> str:
        """Pub/sub channel: commands for screens (identify, reload). Not kept."""
        return self._key("screens", "commands")

    @property
    def screen_orders(self) -> str:
        """Hash screen -> JSON: blank, programme, theme, as the desk wants them. Written by web."""
        return self._key("screens", "orders")

    @property
    def programmes(self) -> str:
        """Hash name -> JSON of a programme that was made at the desk. Written by web."""
        return self._key("screens", "programmes")

    @property
    def themes(self) -> str:
        """Hash name -> JSON of a theme that was made at the desk. Written by web."""
        return self._key("screens", "themes")

    @property
    def orders_rev(self) -> str:
        """String: a counter raised after every change of orders, programmes or themes. Written by web."""
        return self._key("screens", "orders", "rev")

    @property
    def orders_tick(self) -> str:
        """Pub/sub channel: the newest `orders_rev`."""
        return self._key("screens", "orders", "tick")

    @property
    def screens_known(self) -> str:
        """Hash screen -> JSON: title, size, address, device, seen_at, here; until the desk forgets it. Written by web."""
        return self._key("screens", "known")

    @property
    def screen_tokens(self) -> str:
        """Hash screen -> JSON: the hash of its device's token, by whom, since when, for what. Written by web."""
        return self._key("screens", "tokens")

    @property
    def screen_pairings(self) -> str:
        """Hash sha256(half a code on a glass) -> JSON: whose device, wrong tries. One use. Written by web."""
        return self._key("screens", "pairings")

    @property
    def screen_claims(self) -> str:
        """Hash sha256(a device's ticket) -> JSON: the screen that the desk has made it. One use. Written by web."""
        return self._key("screens", "claims")

    @property
    def screens_news(self) -> str:
        """Pub/sub channel: what is wrong with a web process's screens, and which the desk has forgotten. Not kept."""
        return self._key("screens", "news")

    @property
    def play_spools(self) -> str:
        """Hash spool of a screen -> number of its last play, and "<spool> lost" -> how many it dropped. By `played`."""
        return self._key("plays", "spools")

    @property
    def play_screens(self) -> str:
        """Hash "<screen> <what>" -> count: post, scene, ms, and what was not counted, and why. By `played`."""
        return self._key("plays", "screens")

    @property
    def play_scenes(self) -> str:
        """Hash "<day> <screen> <scene> <ms|n>" -> how long and how often a scene stood there. By `played`."""
        return self._key("plays", "scenes")

    @property
    def play_log(self) -> str:
        """Stream: spool, n, kind, id, screen, at, ms, scene, doubt. The last 200,000, ids alone. By `played`."""
        return self._key("plays", "log")

    @property
    def plays_tick(self) -> str:
        """Pub/sub channel: the ids of posts that were just told to have been shown. Not kept."""
        return self._key("plays", "tick")

    def post_plays(self, pid: PostId) -> str:
        """Hash: ms, n, first, last, doubt_ms, doubt_n, "ms <screen>", "n <screen>". Survives the post. By `played`."""
        return self._key("plays", "post", pid)

    def post_newest(self, pid: PostId) -> str:
        """Zset "<spool> <n> <screen> <ms>" -> at (ms): a post's 50 newest plays. Survives the post. By `played`."""
        return self._key("plays", "newest", pid)

    @property
    def usher_tick(self) -> str:
        """Pub/sub channel: which web processes serve which build, and which screen is loading it. Not kept."""
        return self._key("screens", "usher")

    @property
    def people_tick(self) -> str:
        """Pub/sub channel: who is at a web process's desks (names and ids), for the others'. Not kept."""
        return self._key("desk", "people")

    @property
    def audit(self) -> str:
        """Stream `<n>-0`: id, from, to, rev, mrev, by, why, idem, seq, at, prev, h. Kept for ever."""
        return self._key("audit")

    @property
    def idem(self) -> str:
        """Hash idempotency key -> fingerprint and answer, the current day. Written by the gate."""
        return self._key("idem", "now")

    @property
    def idem_before(self) -> str:
        """The day before; dropped whole when the sweeper turns the page."""
        return self._key("idem", "before")

    @property
    def inbox(self) -> str:
        """Hash claim -> neutral post (JSON), until its card is offered. By accept, cleared by offer."""
        return self._key("inbox")

    @property
    def intake(self) -> str:
        """Stream + group `workers`: id, claim. What the workers still have to prepare. Written by accept."""
        return self._key("in")

    @property
    def intake_tries(self) -> str:
        """Hash claim -> how often its preparation was begun. Written by the worker, gone when it is done."""
        return self._key("in", "tries")

    @property
    def intake_dead(self) -> str:
        """Stream: id, claim, why of what was begun five times and never done. Written by the worker."""
        return self._key("in", "dead")

    def author(self, author: str) -> str:
        """Set of pids of one author (`author_key`). Written by accept."""
        return self._key("author", author)

    def person(self, author: str) -> str:
        """Hash of what this wall knows of an author (`author_key`); a ban or trust stays when his posts have gone.

        who (JSON: name, handle, network), standing, standing_by, standing_at, and how many posts stand queued,
        held, approved, rejected, withdrawn: by the gate. recent: by the worker.
        """
        return self._key("person", author)

    @property
    def banned(self) -> str:
        """Set of banned authors (`author_key`). Written by the gate."""
        return self._key("banned")

    def cluster(self, cluster: str) -> str:
        """Set of the pids of nearly equal posts that wait; named after the first of them. Written by the gate."""
        return self._key("cluster", cluster)

    @property
    def twins(self) -> str:
        """Hash of signatures of texts and pictures -> clusters, the newest. Written by the worker."""
        return self._key("twins", "now")

    @property
    def twins_before(self) -> str:
        """The generation of signatures before; dropped whole when a new one is begun."""
        return self._key("twins", "before")

    @property
    def rejected_pictures(self) -> str:
        """Hash dHash -> "at by" of pictures that a moderator turned down. Written by the gate."""
        return self._key("pictures", "rejected")

    @property
    def caps(self) -> str:
        """Hash source -> "day count": posts a source brought today. Written by the worker."""
        return self._key("caps")

    @property
    def pulse(self) -> str:
        """Hash "bucket field" -> count: arrivals in steps of ten seconds. Written by the workers."""
        return self._key("pulse")

    @property
    def alarm(self) -> str:
        """String: the alarm as JSON while it lasts. Written by the gate."""
        return self._key("alarm")

    @property
    def label_queue(self) -> str:
        """Stream + group `couriers`: id, label, rev of posts to pass on. Written by the gate."""
        return self._key("labels")

    @property
    def label_sent(self) -> str:
        """Hash "<delivery id> <kind>" -> when a department took it (ms). Written by the courier."""
        return self._key("labels", "sent")

    @property
    def label_state(self) -> str:
        """Hash "<label> <kind> <what>" -> sent, failed, error, at: see `Tally`. Written by the courier."""
        return self._key("labels", "state")

    @property
    def label_dead(self) -> str:
        """Stream: id, label, rev, kind, why of what no department took. Written by the courier."""
        return self._key("labels", "dead")

    @property
    def media(self) -> str:
        """Hash digest -> how many posts use it. Written by the gate."""
        return self._key("media")

    @property
    def media_gone(self) -> str:
        """Set of digests nobody uses any more; the worker deletes the files. Written by the gate."""
        return self._key("media", "gone")

    @property
    def panic(self) -> str:
        """String "1" while every screen shows the slate. Written by the gate."""
        return self._key("panic")

    def portrait(self, portrait_id: str) -> str:
        """Hash: rev, record (JSON, see the kiosk's `Portrait`); gone, a tombstone for two days. By `portrait`."""
        return self._key("portrait", portrait_id)

    @property
    def portrait_jobs(self) -> str:
        """Zset "<verb> <portrait>" -> order: what the studio still has to do. By `portrait`."""
        return self._key("portraits", "jobs")

    @property
    def portrait_lives(self) -> str:
        """Zset portrait -> when it must be gone (ms). By `portrait`."""
        return self._key("portraits", "lives")

    @property
    def portrait_order(self) -> str:
        """String: a counter that gives jobs their order. By `portrait`."""
        return self._key("portraits", "order")

    @property
    def portraits_tick(self) -> str:
        """Pub/sub channel: "<portrait> <rev>" after each change. Not kept."""
        return self._key("portraits", "tick")

    @property
    def portraits_news(self) -> str:
        """Pub/sub channel: JSON of a portrait in the making, of the pool and of printers. Not kept."""
        return self._key("portraits", "news")

    @property
    def kiosks(self) -> str:
        """Hash kiosk -> JSON: how it is, as it says itself. Written by web."""
        return self._key("kiosks")

    @property
    def schema(self) -> str:
        """String: version of this layout of keys. Written once, checked at every start."""
        return self._key("schema")

    @property
    def sources(self) -> str:
        """Hash source -> JSON of its state. Written by ingest."""
        return self._key("sources")

    @property
    def cursors(self) -> str:
        """Hash source -> cursor, saved only after the post is stored. Written by ingest."""
        return self._key("cursors")

    def memory(self, source: str) -> str:
        """Hash of small values a source remembers (ETag, hub lease). Written by ingest, the lease by web."""
        return self._key("memory", source)

    def hooks(self, source: str) -> str:
        """Stream of webhook deliveries (ids only) for one source. Written by web, read by ingest."""
        return self._key("hooks", source)

    def hook_bodies(self, source: str) -> str:
        """Hash delivery id -> raw body and headers, until ingest has handled it."""
        return self._key("hooks", source, "bodies")

    def source_posts(self, source: str) -> str:
        """Hash pid -> native id of a source's posts that are not tombstones. By accept and withdraw."""
        return self._key("source", source)

    @property
    def users(self) -> str:
        """Hash id of a name -> JSON: name, role, hash of the password, gen, since, invitation.

        Written by web and `parvis user`.
        """
        return self._key("auth", "users")

    @property
    def sessions(self) -> str:
        """Hash sha256(session id) -> JSON: name, role, id, gens, since, seen, lived, address, device. Written by web."""
        return self._key("auth", "sessions")

    @property
    def codes(self) -> str:
        """Hash sha256(sign-in code) -> JSON: role, created. One use. Written by web and `parvis pair`."""
        return self._key("auth", "codes")

    @property
    def pairings(self) -> str:
        """Hash sha256(half a pairing code) -> JSON: whose tablet, until when, wrong tries. One use. Written by web."""
        return self._key("auth", "pairings")

    @property
    def tokens(self) -> str:
        """Hash sha256(API token) -> JSON: name, role, created. Written by `parvis token`."""
        return self._key("auth", "tokens")

    @property
    def secret(self) -> str:
        """String: 32 random bytes that sign join codes and receipts. Written once."""
        return self._key("auth", "secret")

    @property
    def beats(self) -> str:
        """Hash "<role>@<host>" -> a counter that its process raises every five seconds.

        No clock is compared: who looks remembers when the number last moved.
        """
        return self._key("beats")
