import type { Siblings } from "./siblings.ts";

/** What a node has because it has children, or had some. */
export class Family {
  pzxid: number;
  creates = 0;
  numChildren = 0;
  /** What lies in the subtrees of all children; kept by the tree. */
  nodesBelow = 0;
  bytesBelow = 0;
  /** Absent while there are none. */
  children: Siblings | undefined;

  /** @param czxid the parent's, which is its pzxid as well until it has a child. */
  constructor(czxid: number) {
    this.pzxid = czxid;
  }
}
