/* The crowd: many clients in one process, which note when each message reached each of them.

       load HOST PORT PATH CLIENTS MOST OUT [say=TEXT] [beat=TEXT] [every=S] [greet=N] [stalled=N] [events=1]

   WebSockets, or with events=1 server-sent events. A message counts when it begins with MARK (an event: when it
   holds EVENT_MARK); `say` is sent once the socket is open, a # in it being the client's number, `beat` every S
   seconds; `greet` frames come before a client counts as open. The last `stalled` clients never read after their handshake.

   It looks for what has come every NAP_NS and is never woken: on one machine waking a reader for each frame costs the
   sender more than the frame, and the more the slower it is; real clients are elsewhere.

   It says "open N" and "all K" (every client that reads has its K-th message) on its output, and ends when its
   input does: then OUT holds CLIENTS x MOST times of arrival, int64, nanoseconds of CLOCK_MONOTONIC, 0 for never.
*/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "{\"type\":\"op\""
#define EVENT_MARK ": add\nid" /* its first byte stands in it once, so a mismatch begins anew */
#define AT_ONCE 64             /* handshakes in flight */
#define NAP_NS 200000
#define STDIN (-1)

enum stage { GREETING, HEAD, BODY, STALLED };

struct client {
    int fd, number, greeted, messages, is_open;
    enum stage stage;
    int matched;             /* of the handshake's end, or of EVENT_MARK */
    unsigned char head[14];  /* of a frame */
    int heads, pres;
    uint64_t left;
    unsigned char pre[126];  /* how its payload begins; all of a ping */
};

static struct client *clients;
static int count, most, greet, stalled, events, opened, dialled, reached;
static int64_t *arrived;
static int *having; /* how many clients have their K-th message */
static const char *host, *path, *say = "", *beat = "";
static int port, poll_fd;
static double every = 10;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *why, int number)
{
    printf("failed client %d: %s (%s)\n", number, why, strerror(errno));
    exit(1);
}

/* A client's frame under a mask of zeros. */
static void send_frame(struct client *c, int opcode, const void *payload, size_t size)
{
    unsigned char frame[2048];
    size_t head = 2;
    frame[0] = (unsigned char)(0x80 | opcode);
    if (size < 126) {
        frame[1] = (unsigned char)(0x80 | size);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(size >> 8);
        frame[3] = (unsigned char)size;
        head = 4;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, payload, size);
    if (send(c->fd, frame, head + 4 + size, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        die("cannot send", c->number);
}

static void dial(struct client *c, int number)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = number};
    char request[1024];
    int one = 1, small = 4096;
    c->number = number;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, host, &to.sin_addr);
    if (number >= count - stalled)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("cannot connect", number);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    int size = events
        ? snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: text/event-stream\r\n\r\n", path, host, port)
        : snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s:%d\r\nOrigin: http://%s:%d\r\nConnection: Upgrade\r\n"
                   "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, host, port, host, port);
    if (send(c->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
        die("cannot ask", number);
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void say_hello(struct client *c)
{
    char text[512];
    const char *number = strchr(say, '#');
    int size = number ? snprintf(text, sizeof text, "%.*s%d%s", (int)(number - say), say, c->number, number + 1)
                      : snprintf(text, sizeof text, "%s", say);
    if (size > 0)
        send_frame(c, 1, text, (size_t)size);
}

static void open_now(struct client *c)
{
    if (c->is_open || c->stage == GREETING || c->greeted < greet)
        return;
    c->is_open = 1;
    opened++;
    if (c->number >= count - stalled) {
        c->stage = STALLED;
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    }
    if (opened == count)
        printf("open %d\n", opened);
}

static void message(struct client *c, int64_t now)
{
    int k = c->messages++;
    if (k >= most)
        die("more messages than there is room for", c->number);
    arrived[(size_t)c->number * (size_t)most + (size_t)k] = now;
    if (++having[k] == count - stalled)
        reached = k + 1;
}

static void frame_ends(struct client *c, int64_t now)
{
    int opcode = c->head[0] & 15;
    if (opcode == 9)
        send_frame(c, 10, c->pre, (size_t)c->pres);
    else if (opcode == 8)
        die("the server has closed", c->number);
    else if (c->pres >= (int)strlen(MARK) && !memcmp(c->pre, MARK, strlen(MARK)))
        message(c, now);
    else
        c->greeted++;
    c->heads = c->pres = 0;
    c->stage = HEAD;
    open_now(c);
}

static int head_size(const struct client *c)
{
    int length = c->head[1] & 127;
    return c->heads < 2 ? 2 : length == 126 ? 4 : length == 127 ? 10 : 2;
}

static void take_frames(struct client *c, const unsigned char *data, size_t size, int64_t now)
{
    while (size) {
        if (c->stage == HEAD) {
            c->head[c->heads++] = *data++;
            size--;
            if (c->heads < head_size(c))
                continue;
            c->left = c->head[1] & 127;
            if (c->left >= 126) {
                c->left = 0;
                for (int i = 2; i < c->heads; i++)
                    c->left = c->left << 8 | c->head[i];
            }
            c->stage = BODY;
        } else {
            size_t taken = size < c->left ? size : (size_t)c->left;
            size_t room = sizeof c->pre - (size_t)c->pres;
            size_t kept = taken < room ? taken : room;
            memcpy(c->pre + c->pres, data, kept);
            c->pres += (int)kept;
            c->left -= taken;
            data += taken;
            size -= taken;
        }
        if (c->stage == BODY && !c->left)
            frame_ends(c, now);
        if (c->stage == STALLED)
            return;
    }
}

static void take_events(struct client *c, const unsigned char *data, size_t size, int64_t now)
{
    for (size_t i = 0; i < size; i++) {
        c->matched = data[i] == EVENT_MARK[c->matched] ? c->matched + 1 : data[i] == EVENT_MARK[0];
        if (!EVENT_MARK[c->matched]) {
            c->matched = 0;
            message(c, now);
        }
    }
    c->greeted++;
    open_now(c);
}

static void take(struct client *c, const unsigned char *data, size_t size, int64_t now)
{
    static const char end[] = "\r\n\r\n";
    for (; size && c->stage == GREETING; data++, size--) {
        c->matched = *data == end[c->matched] ? c->matched + 1 : *data == '\r';
        if (!end[c->matched]) {
            c->stage = HEAD;
            c->matched = 0;
            say_hello(c);
            open_now(c);
        }
    }
    if (size && events)
        take_events(c, data, size, now);
    else if (size)
        take_frames(c, data, size, now);
}

static void hear(struct client *c)
{
    static unsigned char buffer[1 << 18];
    ssize_t size = recv(c->fd, buffer, sizeof buffer, 0);
    if (size > 0)
        take(c, buffer, (size_t)size, now_ns());
    else if (size == 0 || errno != EAGAIN)
        die("the line has ended", c->number);
}

static void tell_beats(int64_t since)
{
    static int64_t told;
    int64_t due = (int64_t)((double)(now_ns() - since) / 1e9 / every * count);
    for (; told < due; told++) {
        struct client *c = &clients[told % count];
        if (c->is_open && c->stage != STALLED)
            send_frame(c, 1, beat, strlen(beat));
    }
}

static void end(const char *out)
{
    struct linger gone = {1, 0};
    FILE *file = fopen(out, "wb");
    if (!file || fwrite(arrived, 8 * (size_t)most, (size_t)count, file) != (size_t)count || fclose(file))
        die("cannot write the times", -1);
    printf("end\n");
    for (int i = 0; i < count; i++) {
        setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &gone, sizeof gone); /* leaves no port waiting */
        close(clients[i].fd);
    }
}

int main(int argc, char **argv)
{
    struct timespec nap = {0, NAP_NS};
    struct epoll_event found[512], input = {.events = EPOLLIN, .data.fd = STDIN};
    int told = 0;
    int64_t since = now_ns();
    if (argc < 7)
        return fprintf(stderr, "load HOST PORT PATH CLIENTS MOST OUT [name=value]...\n"), 2;
    host = argv[1], port = atoi(argv[2]), path = argv[3], count = atoi(argv[4]), most = atoi(argv[5]);
    for (int i = 7; i < argc; i++) {
        const char *value = strchr(argv[i], '=') + 1;
        if (!strncmp(argv[i], "say=", 4)) say = value;
        else if (!strncmp(argv[i], "beat=", 5)) beat = value;
        else if (!strncmp(argv[i], "every=", 6)) every = atof(value);
        else if (!strncmp(argv[i], "greet=", 6)) greet = atoi(value);
        else if (!strncmp(argv[i], "stalled=", 8)) stalled = atoi(value);
        else if (!strncmp(argv[i], "events=", 7)) events = atoi(value);
        else return fprintf(stderr, "what is %s?\n", argv[i]), 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    clients = calloc((size_t)count, sizeof *clients);
    arrived = calloc((size_t)count * (size_t)most, sizeof *arrived);
    having = calloc((size_t)most, sizeof *having);
    poll_fd = epoll_create1(0);
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
    for (;;) {
        while (dialled < count && dialled - opened < AT_ONCE)
            dial(&clients[dialled], dialled), dialled++;
        if (*beat)
            tell_beats(since);
        int ready = epoll_wait(poll_fd, found, 512, 0);
        if (!ready)
            nanosleep(&nap, NULL);
        for (int i = 0; i < ready; i++) {
            char word[64];
            if (found[i].data.fd != STDIN)
                hear(&clients[found[i].data.fd]);
            else if (read(0, word, sizeof word) <= 0)
                return end(argv[6]), 0;
        }
        if (reached > told)
            printf("all %d\n", told = reached);
    }
}
