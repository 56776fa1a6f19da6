import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
} from "@bufbuild/protobuf";
import type { MethodDefinition, Server, UntypedHandleCall } from "@grpc/grpc-js";
import { type BidiHandler, bidiStream } from "./bidi-stream.ts";
import type { Environment, MethodEnvironment } from "./environment.ts";
import { asBuffer } from "./message.ts";
import { type ServerStreamHandler, serverStream } from "./server-stream.ts";
import { type UnaryHandler, unary } from "./unary.ts";

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
  server: Server,
  service: Service,
  handlers: Handlers<Service, Context>,
  environment: Environment<Context>,
): void {
  const definition: Record<string, MethodDefinition<Uint8Array, Uint8Array>> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const method of service.methods) {
    const name = method.localName;
    definition[name] = definitionOf(service, method);
    implementation[name] = handleCallOf(method, handlers[name as keyof typeof handlers], {
      ...environment,
      observed: environment.observer.of(service, method),
    });
  }
  server.addService(definition, implementation);
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

/** The types of `Handlers` say that the handler fits the method; here that is taken for granted. */
function handleCallOf<Context>(
  method: DescMethod,
  handler: unknown,
  environment: MethodEnvironment<Context>,
): UntypedHandleCall {
  type Unary = UnaryHandler<DescMessage, DescMessage, Context>;
  type ServerStream = ServerStreamHandler<DescMessage, DescMessage, Context>;
  type Bidi = BidiHandler<DescMessage, DescMessage, Context>;
  switch (method.methodKind) {
    case "unary":
      return unary(method as DescMethodUnary, handler as Unary, environment);
    case "server_streaming":
      return serverStream(method as DescMethodServerStreaming, handler as ServerStream, environment);
    case "bidi_streaming":
      return bidiStream(method as DescMethodBiDiStreaming, handler as Bidi, environment);
    case "client_streaming":
      throw new Error(`no adapter for client-streaming methods such as ${method.name}`);
  }
}
