import { type DescMessage, toBinary } from "@bufbuild/protobuf";
import {
  CreateResponseSchema,
  DeleteResponseSchema,
  ExistsResponseSchema,
  GetAclResponseSchema,
  GetResponseSchema,
  ListResponseSchema,
  SetAclResponseSchema,
  SetResponseSchema,
  SyncResponseSchema,
} from "../../gen/ts/corral/v1/node_pb.js";
import { type PipelineOperation, PipelineResultSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { TransactResponseSchema } from "../../gen/ts/corral/v1/transact_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";
import type { Caller } from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import { type Answer, encode } from "./adapter/message.ts";
import { AnswerEncoder } from "./answer-encoder.ts";
import { badArgument } from "./convert.ts";
import type { HandlerOf } from "./handlers/handler.ts";
import { type RpcCaller, requestKeyOf } from "./metadata.ts";
import { type ProtoRead, readFromProto, readToProto } from "./read-convert.ts";
import { statusToProto } from "./status.ts";

/** An encoded answer, and which result of a PipelineResult it is. */
export interface PipelineAnswer {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** The handlers of the calls that an operation may be. */
export type OperationHandlers = {
  readonly [Name in
    | "create"
    | "get"
    | "exists"
    | "set"
    | "delete"
    | "list"
    | "sync"
    | "transact"
    | "getAcl"
    | "setAcl"]: HandlerOf<Name>;
};

const results = PipelineResultSchema.field;

/** How each answer is encoded, if its handler has not done that. */
const schemas = {
  create: CreateResponseSchema,
  get: GetResponseSchema,
  exists: ExistsResponseSchema,
  set: SetResponseSchema,
  delete: DeleteResponseSchema,
  list: ListResponseSchema,
  sync: SyncResponseSchema,
  transact: TransactResponseSchema,
  getAcl: GetAclResponseSchema,
  setAcl: SetAclResponseSchema,
} as const;

/** Does the operations of pipelines, by the handlers of the calls of the same names. */
export class PipelineOperations {
  readonly #engine: Engine;
  readonly #handlers: OperationHandlers;
  readonly #encoder = new AnswerEncoder();

  constructor(engine: Engine, handlers: OperationHandlers) {
    this.#engine = engine;
    this.#handlers = handlers;
  }

  /**
   * Begins an operation. A refusal is an answer; what is not foreseen throws, or rejects.
   * @param options.behindWrites operations of the same pipeline are not done yet: a read has to see what they do,
   * and not what those after it will have done when they are.
   */
  do(
    { operation, requestId }: PipelineOperation,
    caller: Caller,
    { behindWrites }: { readonly behindWrites: boolean },
  ): PipelineAnswer | Promise<PipelineAnswer> {
    try {
      if (operation.case === undefined) {
        throw badArgument("operation", "each part of a pipeline needs an operation");
      }
      const name = operation.case;
      const answer =
        behindWrites && isRead(operation)
          ? this.#readLater(operation, caller)
          : this.#call(operation, withRequestId(caller, requestId));
      const done = (ready: Answer<DescMessage>) => ({
        field: results[name].number,
        bytes: encode(schemas[name] as DescMessage, ready),
      });
      return answer instanceof Promise ? answer.then(done).catch(refusedAnswer) : done(answer);
    } catch (error) {
      return refusedAnswer(error);
    }
  }

  /** The types of `operation` say that the handler fits its request. */
  #call(operation: Operation, caller: RpcCaller): Answer<DescMessage> | Promise<Answer<DescMessage>> {
    const handle = this.#handlers[operation.case] as (
      request: unknown,
      caller: RpcCaller,
    ) => Answer<DescMessage>;
    return handle(operation.value, caller);
  }

  /** Reads in the one order of writes, behind those that were submitted before. */
  async #readLater(operation: ProtoRead, caller: Caller): Promise<Answer<DescMessage>> {
    const outcome = await this.#engine.submit({ op: "read", operation: readFromProto(operation) }, caller);
    if (!outcome.ok) throw new Refused(outcome.refusal);
    return readToProto(outcome.read!.result, outcome.zxid, operation, this.#encoder);
  }
}

type Operation = Extract<PipelineOperation["operation"], { value: object }>;

const reads: Readonly<Record<ProtoRead["case"], true>> = {
  get: true,
  exists: true,
  list: true,
  getAcl: true,
};

function isRead(operation: Operation): operation is ProtoRead {
  return operation.case in reads;
}

/** @throws Refused BAD_ARGUMENTS */
function withRequestId(caller: Caller, requestId: string): RpcCaller {
  if (requestId === "") return caller;
  return { ...caller, requestKey: requestKeyOf(requestId, caller, "request_id") };
}

function refusedAnswer(error: unknown): PipelineAnswer {
  if (!(error instanceof Refused)) throw error;
  return { field: results.error.number, bytes: toBinary(StatusSchema, statusToProto(error.refusal)) };
}
