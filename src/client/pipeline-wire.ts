import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  PipelineOperationSchema,
  PipelineRequestSchema,
  PipelineResponseSchema,
  PipelineResultSchema,
} from "../../gen/ts/corral/v1/pipeline_pb.js";

// By hand, since operations are encoded and their answers decoded elsewhere: each as the call of its name.

/** An operation with its request encoded. */
export interface EncodedOperation {
  /** That of its call. */
  readonly name: string;
  readonly request: Uint8Array;
  readonly requestId: string | undefined;
}

/** A result with its answer, or its error, encoded: a view of the message. */
export interface EncodedResult {
  /** "error", or that of the call. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Whether a pipeline takes this call. */
export function isPipelined(name: string): boolean {
  return operationFields.has(name);
}

/** A PipelineRequest. */
export function requestOf(operations: readonly EncodedOperation[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, request, requestId } of operations) {
    writer.tag(operationsField, WireType.LengthDelimited).fork();
    writer.tag(operationFields.get(name)!, WireType.LengthDelimited).bytes(request);
    if (requestId !== undefined) writer.tag(requestIdField, WireType.LengthDelimited).string(requestId);
    writer.join();
  }
  return writer.finish();
}

/** The results of a PipelineResponse. One that this client does not know has no name. */
export function resultsIn(response: Uint8Array): EncodedResult[] {
  const results: EncodedResult[] = [];
  const reader = new BinaryReader(response);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === resultsField) results.push(resultIn(reader.bytes()));
    else reader.skip(type, field);
  }
  return results;
}

function resultIn(result: Uint8Array): EncodedResult {
  const reader = new BinaryReader(result);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const name = resultNames.get(field);
    if (name !== undefined) return { name, bytes: reader.bytes() };
    reader.skip(type, field);
  }
  return { name: "", bytes: result };
}

const operationsField = PipelineRequestSchema.field.operations.number;
const requestIdField = PipelineOperationSchema.field.requestId.number;
const resultsField = PipelineResponseSchema.field.results.number;

const operationFields = new Map(
  PipelineOperationSchema.oneofs[0]!.fields.map(({ localName, number }) => [localName, number]),
);
const resultNames = new Map(PipelineResultSchema.fields.map(({ localName, number }) => [number, localName]));
