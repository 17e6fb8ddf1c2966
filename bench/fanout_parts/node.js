// `ws` broadcasting as its own documentation shows it: node node.js PORT PUBLISH_PORT
// A publisher writes messages to the second port: four bytes of length, big end first, then the text.
const net = require("node:net");
const { WebSocketServer, WebSocket } = require("ws");

const [port, publishPort] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ host: "127.0.0.1", port, backlog: 2048, perMessageDeflate: false });

function broadcast(text) {
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(text, { binary: false });
  }
}

net
  .createServer((publisher) => {
    let held = Buffer.alloc(0);
    publisher.on("data", (data) => {
      held = held.length ? Buffer.concat([held, data]) : data;
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
        const end = 4 + held.readUInt32BE(0);
        broadcast(held.subarray(4, end));
        held = held.subarray(end);
      }
    });
    publisher.on("error", () => {});
  })
  .listen(publishPort, "127.0.0.1");
