// node node_media_server.js RTMP_PORT HTTP_PORT: the peer with its key-frame cache on, quiet.
"use strict";
const NodeMediaServer = require("node-media-server");

const [rtmp, http] = process.argv.slice(2).map(Number);
new NodeMediaServer({
  logType: 1,
  rtmp: { port: rtmp, chunk_size: 4096, gop_cache: true, ping: 30, ping_timeout: 60 },
  http: { port: http, allow_origin: "*" },
}).run();
