/** The numbers of RFC 9113. */

/** What a client sends first (3.4). */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Every frame begins with its length, type, flags and stream (4.1). */
export const frameHeadBytes = 9;

/** The largest payload of a frame unless a side allows more. Ours allows no more. */
export const frameBytesDefault = 16_384;

/** The window of a connection, and of streams unless SETTINGS say otherwise (6.9.2). */
export const windowBytesDefault = 65_535;

export const windowBytesMax = 2 ** 31 - 1;

export const streamIdMax = 2 ** 31 - 1;

/** Section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** 6.5.2. */
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Section 7. */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
} as const;

/** An error of the peer that ends the connection (5.4.1). The message is for people: it goes out in the GOAWAY. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function protocolError(message: string): ConnectionError {
  return new ConnectionError(errorCode.protocolError, message);
}

export function frameSizeError(message: string): ConnectionError {
  return new ConnectionError(errorCode.frameSizeError, message);
}

export function flowControlError(message: string): ConnectionError {
  return new ConnectionError(errorCode.flowControlError, message);
}
