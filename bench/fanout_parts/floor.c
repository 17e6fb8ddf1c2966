/* The floor: the least that a server can do to send one message to many WebSockets. One thread, one epoll, one `send`
   a client; no pings, no masks looked at, nobody waited for (who cannot take a frame whole is cut).

       floor PORT PUBLISH_PORT

   A publisher connects to the second port and writes messages: four bytes of length, big end first, then the text.
   The answer to a handshake is the one to the key that our load client sends, so that no SHA-1 is needed here.
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
#include <unistd.h>

#define FILES 20000
#define LONGEST 65535

enum kind { NOBODY, DOOR, PUBLISHERS_DOOR, PUBLISHER, GUEST, CLIENT };

static enum kind kinds[FILES];
static int clients[FILES], places[FILES], count; /* who they are, and where each stands among them */
static unsigned char inbox[1 << 20];
static size_t held;
static int poll_fd;

static const char WELCOME[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void watch(int fd, enum kind kind)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    kinds[fd] = kind;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 2048) < 0) {
        perror("floor");
        exit(1);
    }
    return fd;
}

static void let_go(int fd)
{
    if (kinds[fd] == CLIENT) {
        int last = clients[--count];
        clients[places[fd]] = last;
        places[last] = places[fd];
    }
    kinds[fd] = NOBODY;
    close(fd);
}

static void accept_all(int door)
{
    int fd, one = 1;
    while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= FILES) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd, kinds[door] == DOOR ? GUEST : PUBLISHER);
    }
}

static void broadcast(const unsigned char *text, size_t size)
{
    static unsigned char frame[LONGEST + 4];
    size_t head = 2;
    frame[0] = 0x81;
    frame[1] = (unsigned char)size;
    if (size >= 126) {
        frame[1] = 126;
        frame[2] = (unsigned char)(size >> 8);
        frame[3] = (unsigned char)size;
        head = 4;
    }
    memcpy(frame + head, text, size);
    for (int i = count - 1; i >= 0; i--)
        if (send(clients[i], frame, head + size, MSG_NOSIGNAL) != (ssize_t)(head + size))
            let_go(clients[i]);
}

static void publish(int fd)
{
    ssize_t size = recv(fd, inbox + held, sizeof inbox - held, 0);
    size_t at = 0;
    if (size <= 0) {
        let_go(fd);
        return;
    }
    held += (size_t)size;
    while (held - at >= 4) {
        size_t length = (size_t)inbox[at] << 24 | (size_t)inbox[at + 1] << 16 | (size_t)inbox[at + 2] << 8 | inbox[at + 3];
        if (length > LONGEST)
            exit(1);
        if (held - at < 4 + length)
            break;
        broadcast(inbox + at + 4, length);
        at += 4 + length;
    }
    memmove(inbox, inbox + at, held - at);
    held -= at;
}

static void hear(int fd)
{
    char words[4096];
    ssize_t size = recv(fd, words, sizeof words, 0);
    if (size <= 0) {
        let_go(fd);
    } else if (kinds[fd] == GUEST) { /* a request comes in one piece on this machine */
        if (send(fd, WELCOME, sizeof WELCOME - 1, MSG_NOSIGNAL) < 0)
            perror("floor");
        kinds[fd] = CLIENT;
        places[fd] = count;
        clients[count++] = fd;
    }
}

int main(int argc, char **argv)
{
    struct epoll_event found[512];
    if (argc != 3)
        return fprintf(stderr, "floor PORT PUBLISH_PORT\n"), 2;
    poll_fd = epoll_create1(0);
    watch(listen_on(atoi(argv[1])), DOOR);
    watch(listen_on(atoi(argv[2])), PUBLISHERS_DOOR);
    for (;;) {
        int ready = epoll_wait(poll_fd, found, 512, -1);
        for (int i = 0; i < ready; i++) {
            int fd = found[i].data.fd;
            switch (kinds[fd]) {
            case DOOR:
            case PUBLISHERS_DOOR:
                accept_all(fd);
                break;
            case PUBLISHER:
                publish(fd);
                break;
            default:
                hear(fd);
            }
        }
    }
}
