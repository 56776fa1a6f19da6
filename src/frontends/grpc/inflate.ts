import { gunzip } from "node:zlib";
import { Refused } from "../../core/refusal.ts";
import { messageBytesMax } from "../../limits.ts";
import type { FramedMessage } from "./message-reader.ts";
import { messageTooLarge, notCompressed } from "./refusals.ts";

/** The message as it was before its compression, on another thread. @throws Refused */
export function inflate({ bytes }: FramedMessage, isGzip: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (!isGzip) {
      reject(new Refused(notCompressed));
      return;
    }
    gunzip(bytes, { maxOutputLength: messageBytesMax }, (error, inflated) => {
      if (error === null) resolve(inflated);
      else
        reject(
          new Refused(
            "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? messageTooLarge : notCompressed,
          ),
        );
    });
  });
}
