import type { Channel } from "../../bench/load/channel.ts";
import { type Template, template } from "../../bench/load/template.ts";

export const anything = template(Buffer.alloc(0));

/** A channel to no server: a test answers what was sent, when it likes. */
export class FakeChannel implements Channel {
  answered: Channel["answered"] = () => {};
  failed: Channel["failed"] = () => {};
  /** Tags of what was sent and not answered yet. */
  waiting: number[] = [];
  mostWaiting = 0;

  send(_template: Template, _number: number, tag: number): void {
    this.waiting.push(tag);
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting.length);
  }

  answerOne(ok = true): void {
    this.answered(this.waiting.shift()!, ok);
  }

  answerAll(): void {
    for (let waiting = this.waiting.length; waiting > 0; waiting--) this.answerOne();
  }

  flush(): void {}
  close(): void {}
}
