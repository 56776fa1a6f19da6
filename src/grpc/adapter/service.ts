import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
} from "@bufbuild/protobuf";
import { type BidiHandler, bidiStream } from "./bidi-stream.ts";
import type { Environment, MethodEnvironment } from "./environment.ts";
import type { MethodTable, ServedMethod } from "./method-table.ts";
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

/** Serves the methods of a service. Messages pass fronts as bytes: what is in them is the adapter's business. */
export function addService<Service extends DescService, Context>(
  methods: MethodTable,
  service: Service,
  handlers: Handlers<Service, Context>,
  environment: Environment<Context>,
): void {
  for (const method of service.methods) {
    const handler: unknown = handlers[method.localName as keyof typeof handlers];
    const observed = environment.observer.of(service, method);
    methods.set(pathOf(method, service), served(method, handler, { ...environment, observed }));
  }
}

/** The path of a method, as calls name it. @param service under another name than its own, if it has one. */
export function pathOf(
  { name, parent }: Pick<DescMethod, "name" | "parent">,
  { typeName }: Pick<DescService, "typeName"> = parent,
): string {
  return `/${typeName}/${name}`;
}

/** The types of `Handlers` say that the handler fits the method; here that is taken for granted. */
function served<Context>(
  method: DescMethod,
  handler: unknown,
  environment: MethodEnvironment<Context>,
): ServedMethod {
  type Unary = UnaryHandler<DescMessage, DescMessage, Context>;
  type ServerStream = ServerStreamHandler<DescMessage, DescMessage, Context>;
  type Bidi = BidiHandler<DescMessage, DescMessage, Context>;
  const { observed } = environment;
  switch (method.methodKind) {
    case "unary": {
      const serve = unary(method as DescMethodUnary, handler as Unary, environment);
      return { kind: "unary", serve, observed };
    }
    case "server_streaming": {
      const serve = serverStream(method as DescMethodServerStreaming, handler as ServerStream, environment);
      return { kind: "server_streaming", serve, observed };
    }
    case "bidi_streaming": {
      const serve = bidiStream(method as DescMethodBiDiStreaming, handler as Bidi, environment);
      return { kind: "bidi_streaming", serve, observed };
    }
    default:
      throw new Error(`no adapter for methods such as ${method.name}`);
  }
}
