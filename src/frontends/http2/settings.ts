import {
  ConnectionError,
  errorCode,
  frameBytesDefault,
  frameSizeError,
  protocolError,
  setting,
  windowBytesDefault,
  windowBytesMax,
} from "./protocol.ts";

/** What a client has told us of itself (RFC 9113, 6.5). What only a client's receiver of pushes would need is left out. */
export class PeerSettings {
  /** The window that its new streams begin with. */
  initialWindowBytes: number = windowBytesDefault;
  frameBytes: number = frameBytesDefault;

  /** @throws ConnectionError for a value that may not be. Unknown settings mean nothing. */
  apply(payload: Buffer): void {
    if (payload.length % 6 !== 0) throw frameSizeError("SETTINGS has a length that is no multiple of 6");
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
  }

  #set(id: number, value: number): void {
    switch (id) {
      case setting.enablePush:
        if (value > 1) throw protocolError("SETTINGS_ENABLE_PUSH is neither 0 nor 1");
        return;
      case setting.initialWindowSize:
        if (value > windowBytesMax) {
          throw new ConnectionError(errorCode.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE is too large");
        }
        this.initialWindowBytes = value;
        return;
      case setting.maxFrameSize:
        if (value < frameBytesDefault || value >= 2 ** 24) {
          throw protocolError("SETTINGS_MAX_FRAME_SIZE is out of its range");
        }
        // Longer frames would hold up those of other streams, and bring nothing.
        return;
      default:
    }
  }
}
