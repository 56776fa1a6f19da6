import { type DescMessage, toBinary } from "@bufbuild/protobuf";
import {
  ExistsResponseSchema,
  GetAclResponseSchema,
  GetResponseSchema,
  ListResponseSchema,
  SyncResponseSchema,
} from "../../gen/ts/corral/v1/node_pb.js";
import { type PipelineOperation, PipelineResultSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";
import type { Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import { type Answer, encode } from "./adapter/message.ts";
import { AnswerEncoder } from "./answer-encoder.ts";
import { badArgument, doneOf } from "./convert.ts";
import type { HandlerOf } from "./handlers/handler.ts";
import { type RpcCaller, requestKeyOf } from "./metadata.ts";
import { type ProtoRead, readFromProto, readToProto } from "./read-convert.ts";
import { statusToProto } from "./status.ts";
import { onceOnly, type WriteCall } from "./write.ts";

/** An encoded answer, and which result of a PipelineResult it is. */
export interface PipelineAnswer {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** Where the answer to an operation goes, at once or later. */
export interface Place {
  answered(answer: PipelineAnswer): void;
  /** For what is not foreseen. */
  failed(error: unknown): void;
}

type WriteName = "create" | "set" | "delete" | "setAcl" | "transact";
type OtherName = "get" | "exists" | "list" | "getAcl" | "sync";

/** The calls that an operation may be: those that write, and the handlers of the others. */
export type OperationCalls = {
  readonly [Name in WriteName]: WriteCall<DescMessage, DescMessage>;
} & { readonly [Name in OtherName]: HandlerOf<Name> };

const results = PipelineResultSchema.field;

/** How the answers of handlers are encoded, if they have not done that. */
const schemas = {
  get: GetResponseSchema,
  exists: ExistsResponseSchema,
  list: ListResponseSchema,
  sync: SyncResponseSchema,
  getAcl: GetAclResponseSchema,
} as const satisfies Record<OtherName, DescMessage>;

/**
 * Does the operations of pipelines as the calls of the same names would, without a promise for each: there are a
 * hundred thousand a second, and what waits for the disk is copied by every collection of garbage.
 */
export class PipelineOperations {
  readonly #engine: Engine;
  readonly #calls: OperationCalls;
  readonly #encoder = new AnswerEncoder();

  constructor(engine: Engine, calls: OperationCalls) {
    this.#engine = engine;
    this.#calls = calls;
  }

  /**
   * Begins an operation. A refusal is an answer.
   * @param options.behindWrites operations of the same pipeline are not done yet: a read has to see what they do,
   * and not what those after it will have done when they are.
   */
  do(
    { operation, requestId }: PipelineOperation,
    caller: Caller,
    { place, behindWrites }: { readonly place: Place; readonly behindWrites: boolean },
  ): void {
    try {
      if (operation.case === undefined) {
        throw badArgument("operation", "each part of a pipeline needs an operation");
      }
      if (isWrite(operation)) this.#write(operation, withRequestId(caller, requestId), place);
      else if (behindWrites && isRead(operation)) this.#readLater(operation, caller, place);
      else this.#handle(operation, caller, place);
    } catch (error) {
      answerError(error, place);
    }
  }

  /** The types of `operation` say that the call fits its request. */
  #write({ case: name, value }: Write, caller: RpcCaller, place: Place): void {
    const call = this.#calls[name];
    const known = caller.requestKey === undefined ? caller : onceOnly(call, value, caller);
    this.#engine.begin(call.operationOf(value), known, (outcome) => {
      if (outcome.ok) {
        answer(place, results[name].number, () => encode(call.output, call.answerOf(outcome, value)));
      } else {
        place.answered(refusedAnswer(outcome.refusal));
      }
    });
  }

  /** Reads in the one order of writes, behind those that were submitted before. */
  #readLater(read: ProtoRead, caller: Caller, place: Place): void {
    this.#engine.begin({ op: "read", operation: readFromProto(read) }, caller, (outcome) => {
      answer(place, results[read.case].number, () => {
        const { read: found, zxid } = doneOf(outcome);
        const answered = readToProto(found!.result, zxid, read, this.#encoder);
        return encode(schemas[read.case] as DescMessage, answered);
      });
    });
  }

  /** As above, the types say that the handler fits. */
  #handle({ case: name, value }: Other, caller: Caller, place: Place): void {
    const handle = this.#calls[name] as (request: unknown, caller: Caller) => Answer<DescMessage>;
    const found: Answer<DescMessage> | Promise<Answer<DescMessage>> = handle(value, caller);
    const done = (ready: Answer<DescMessage>) =>
      answer(place, results[name].number, () => encode(schemas[name] as DescMessage, ready));
    if (found instanceof Promise) found.then(done, (error) => answerError(error, place));
    else done(found);
  }
}

type Operation = Extract<PipelineOperation["operation"], { value: object }>;
type Write = Extract<Operation, { case: WriteName }>;
type Other = Exclude<Operation, { case: WriteName }>;

function isWrite(operation: Operation): operation is Write {
  return !(operation.case in schemas);
}

function isRead(operation: Other): operation is ProtoRead {
  return operation.case !== "sync";
}

/** @throws Refused BAD_ARGUMENTS */
function withRequestId(caller: Caller, requestId: string): RpcCaller {
  if (requestId === "") return caller;
  return { ...caller, requestKey: requestKeyOf(requestId, caller, "request_id") };
}

function answer(place: Place, field: number, bytes: () => Uint8Array): void {
  try {
    place.answered({ field, bytes: bytes() });
  } catch (error) {
    answerError(error, place);
  }
}

function answerError(error: unknown, place: Place): void {
  if (error instanceof Refused) place.answered(refusedAnswer(error.refusal));
  else place.failed(error);
}

function refusedAnswer(refusal: Refusal): PipelineAnswer {
  return { field: results.error.number, bytes: toBinary(StatusSchema, statusToProto(refusal)) };
}
