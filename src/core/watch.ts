/** What a watch is told of: corral.v1.WatchKind. The first three are ZooKeeper's one-shot watches. */
export type WatchKind = "data" | "exists" | "children" | "persistent" | "persistentRecursive" | "subtree";

/** How many levels below its own path a subtree watch reaches. */
export type WatchDepth = 0 | 1 | "all";

/** How a watch wants to be told. */
export interface EventForm {
  readonly withData: boolean;
  readonly withPreviousData: boolean;
  readonly asText: boolean;
}

/** Everything that a watch asks for but its path: shared by all that ask for the same, since there may be millions. */
export interface WatchSpec {
  readonly kind: WatchKind;
  /** "all" for every kind but subtree. */
  readonly depth: WatchDepth;
  readonly form: EventForm;
}

const forms = new Map<number, EventForm>();
const specs = new Map<string, WatchSpec>();

/** The one spec with these properties; equal specs and equal forms are the same object. */
export function watchSpec(kind: WatchKind, depth: WatchDepth, form: EventForm): WatchSpec {
  const formKey = Number(form.withData) + 2 * Number(form.withPreviousData) + 4 * Number(form.asText);
  const key = `${kind} ${depth} ${formKey}`;
  let spec = specs.get(key);
  if (spec === undefined) {
    const { withData, withPreviousData, asText } = form;
    const shared = forms.get(formKey) ?? { withData, withPreviousData, asText };
    forms.set(formKey, shared);
    spec = { kind, depth, form: shared };
    specs.set(key, spec);
  }
  return spec;
}

/** A table that watches are in. */
export interface WatchHome<Owner> {
  remove(watch: Watch<Owner>): void;
}

/**
 * A watch, held by whoever is told of it. It is its own place in the lists of a WatchTable, so that a million of
 * them cost no more than this.
 */
export class Watch<Owner> {
  readonly owner: Owner;
  readonly id: number;
  readonly path: string;
  readonly spec: WatchSpec;
  /** It is told of the changes after this zxid. */
  afterZxid: number;
  /** Cancelled, or fired for good: whoever still holds it forgets it. */
  over = false;
  /** Where it is found; undefined while it waits to be told of the past. */
  table: WatchHome<Owner> | undefined;
  /** Its neighbours among the watches of the same scope on the same path; itself when it is alone. */
  next: Watch<Owner> = this;
  previous: Watch<Owner> = this;

  constructor(owner: Owner, id: number, path: string, spec: WatchSpec, afterZxid: number) {
    this.owner = owner;
    this.id = id;
    this.path = path;
    this.spec = spec;
    this.afterZxid = afterZxid;
  }
}
