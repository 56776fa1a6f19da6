import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
} from "@bufbuild/protobuf";
import type { MethodDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import { type BidiHandler, bidiStream } from "./bidi-stream.ts";
import type { Environment, MethodEnvironment } from "./environment.ts";
import { asBuffer } from "./message.ts";
import type { RpcServer } from "./rpc-server.ts";
import { type ServerStreamHandler, serverStream } from "./server-stream.ts";
import { type UnaryHandler, unary, unaryByGrpc } from "./unary.ts";

/** The handlers of a service, by the names of its methods. */
export type Handlers<Service extends DescService, Context> = {
  readonly [Name in keyof Service["method"]]: Handler<Service["method"][Name], Context>;
};

type Handler<Method, Context> = Method extends {
  methodKind: infer Kind;
  input: infer Input extends DescMessage;
  output: infer Output extends DescMessage;
}
  ? Kind extends "unary"
    ? UnaryHandler<Input, Output, Context>
    : Kind extends "server_streaming"
      ? ServerStreamHandler<Input, Output, Context>
      : Kind extends "bidi_streaming"
        ? BidiHandler<Input, Output, Context>
        : never
  : never;

/** Serves the methods of a service. Messages pass grpc-js as bytes: what is in them is the adapter's business. */
export function addService<Service extends DescService, Context>(
  { grpc, plainCalls }: RpcServer,
  service: Service,
  handlers: Handlers<Service, Context>,
  environment: Environment<Context>,
): void {
  const definition: Record<string, MethodDefinition<Uint8Array, Uint8Array>> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const method of service.methods) {
    const name = method.localName;
    definition[name] = definitionOf(service, method);
    const handler: unknown = handlers[name as keyof typeof handlers];
    const observed = environment.observer.of(service, method);
    const itsEnvironment = { ...environment, observed };
    if (!isUnary(method)) {
      implementation[name] = streamOf(method, handler, itsEnvironment);
      continue;
    }
    const serve = unary(method, handler as AnyUnary<Context>, itsEnvironment);
    implementation[name] = unaryByGrpc(serve);
    plainCalls.add(definition[name].path, { serve, observed });
  }
  grpc.addService(definition, implementation);
}

/** The method as grpc-js knows it. */
export function definitionOf(
  service: Pick<DescService, "typeName">,
  method: DescMethod,
): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${service.typeName}/${method.name}`,
    originalName: method.localName,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: asBuffer,
    requestDeserialize: asIs,
    responseSerialize: asBuffer,
    responseDeserialize: asIs,
  };
}

function asIs(bytes: Buffer): Uint8Array {
  return bytes;
}

type AnyUnary<Context> = UnaryHandler<DescMessage, DescMessage, Context>;

function isUnary(method: DescMethod): method is DescMethod & DescMethodUnary {
  return method.methodKind === "unary";
}

/** The types of `Handlers` say that the handler fits the method; here that is taken for granted. */
function streamOf<Context>(
  method: DescMethod,
  handler: unknown,
  environment: MethodEnvironment<Context>,
): UntypedHandleCall {
  type ServerStream = ServerStreamHandler<DescMessage, DescMessage, Context>;
  type Bidi = BidiHandler<DescMessage, DescMessage, Context>;
  switch (method.methodKind) {
    case "server_streaming":
      return serverStream(method as DescMethodServerStreaming, handler as ServerStream, environment);
    case "bidi_streaming":
      return bidiStream(method as DescMethodBiDiStreaming, handler as Bidi, environment);
    default:
      throw new Error(`no adapter for methods such as ${method.name}`);
  }
}
