import { constants } from "node:http2";

/** What every HTTP/2 client sends first (RFC 9113, 3.4). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const prefaceBytes = preface.length;

/** Whether the first bytes of a connection are, as far as they go, those of HTTP/2. */
export function isHttp2Preface(head: Buffer): boolean {
  const length = Math.min(head.length, prefaceBytes);
  return head.subarray(0, length).equals(preface.subarray(0, length));
}

/** Whether somebody points a browser or curl at the port. */
export function looksLikeHttp1(head: Buffer): boolean {
  return /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) \S/.test(head.toString("latin1", 0, 16));
}

const settingsFrameType = 0x4;
const goAwayFrameType = 0x7;

/** The frames with which a server turns a connection away: empty SETTINGS, and GOAWAY with a text to read. */
export function goAwayFrames(why: string): Buffer {
  const text = Buffer.from(why);
  const goAway = Buffer.alloc(8 + text.length);
  goAway.writeUInt32BE(constants.NGHTTP2_ENHANCE_YOUR_CALM, 4);
  text.copy(goAway, 8);
  return Buffer.concat([frame(settingsFrameType, Buffer.alloc(0)), frame(goAwayFrameType, goAway)]);
}

/** A frame of stream 0 without flags. */
function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  return Buffer.concat([header, payload]);
}
