import {
  type DescExtension,
  type DescFile,
  type DescMessage,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_corral_v1_admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { file_corral_v1_coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { file_corral_v1_errors } from "../../gen/ts/corral/v1/errors_pb.js";
import { file_google_rpc_error_details } from "../../gen/ts/google/rpc/error_details_pb.js";
import { file_google_rpc_status } from "../../gen/ts/google/rpc/status_pb.js";
import { file_grpc_health_v1_health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import {
  file_grpc_reflection_v1_reflection,
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from "../../gen/ts/grpc/reflection/v1/reflection_pb.js";
import {
  file_grpc_reflection_v1alpha_reflection,
  ServerReflection as ServerReflectionAlpha,
} from "../../gen/ts/grpc/reflection/v1alpha/reflection_pb.js";
import type { Handlers } from "./adapter/service.ts";
import { type Code, codes } from "./codes.ts";

/** What the server serves, and what its errors carry: grpcurl prints details only of types that it can ask for. */
const reflected: readonly DescFile[] = [
  file_corral_v1_coordination,
  file_corral_v1_admin,
  file_corral_v1_errors,
  file_google_rpc_error_details,
  file_google_rpc_status,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
];

/** The version before, which older tools ask for: the same messages under another name. */
export const reflectionAlpha: typeof ServerReflection = {
  ...ServerReflection,
  typeName: ServerReflectionAlpha.typeName,
};

type Question = ServerReflectionRequest["messageRequest"];
type Response = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/** grpc.reflection.v1: answers the descriptors exactly as they were compiled. */
export class Reflection {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  readonly #extensions = new Map<string, DescExtension[]>();
  readonly #services: string[] = [];

  constructor(files: readonly DescFile[] = reflected) {
    for (const file of files) this.#add(file);
    for (const file of files) this.#services.push(...file.services.map(({ typeName }) => typeName));
  }

  handlers(): Handlers<typeof ServerReflection, undefined> {
    return {
      serverReflectionInfo: async (stream) => {
        for await (const originalRequest of stream.requests) {
          const messageResponse = this.#answer(originalRequest.messageRequest);
          await stream.send({ validHost: originalRequest.host, originalRequest, messageResponse });
        }
      },
    };
  }

  #add(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    for (const dependency of file.dependencies) this.#add(dependency);
    for (const type of nestedTypes(file)) {
      this.#symbols.set(type.typeName, file);
      if (type.kind === "service") {
        for (const method of type.methods) this.#symbols.set(`${type.typeName}.${method.name}`, file);
      } else if (type.kind === "message") this.#addMembers(type, file);
      else if (type.kind === "extension") this.#addExtension(type);
      else {
        // The values of an enum are names of the scope around it.
        const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
        for (const value of type.values) this.#symbols.set(`${scope}${value.name}`, file);
      }
    }
  }

  #addMembers(message: DescMessage, file: DescFile): void {
    for (const { name } of [...message.fields, ...message.oneofs]) {
      this.#symbols.set(`${message.typeName}.${name}`, file);
    }
  }

  #addExtension(extension: DescExtension): void {
    const extendee = extension.extendee.typeName;
    this.#extensions.set(extendee, [...(this.#extensions.get(extendee) ?? []), extension]);
  }

  #answer(question: Question): Response {
    switch (question.case) {
      case "fileByFilename":
        return filesOf(this.#files.get(question.value), `there is no file ${question.value}`);
      case "fileContainingSymbol":
        return filesOf(this.#symbols.get(question.value), `there is no symbol ${question.value}`);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = question.value;
        const all = this.#extensions.get(containingType) ?? [];
        const extension = all.find(({ number }) => number === extensionNumber);
        return filesOf(extension?.file, `there is no extension ${extensionNumber} of ${containingType}`);
      }
      case "allExtensionNumbersOfType":
        return this.#extensionNumbers(question.value);
      case "listServices": {
        const service = this.#services.map((name) => ({ name }));
        return { case: "listServicesResponse", value: { service } };
      }
      default:
        return failure(codes.INVALID_ARGUMENT, "the request asks for nothing");
    }
  }

  #extensionNumbers(baseTypeName: string): Response {
    if (!this.#symbols.has(baseTypeName)) return failure(codes.NOT_FOUND, `there is no type ${baseTypeName}`);
    const extensionNumber = (this.#extensions.get(baseTypeName) ?? []).map(({ number }) => number);
    return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } };
  }
}

/** The file and all that it imports, each before its own imports: a client needs no second question. */
function filesOf(file: DescFile | undefined, otherwise: string): Response {
  if (file === undefined) return failure(codes.NOT_FOUND, otherwise);
  const all = new Set<DescFile>();
  addWithImports(file, all);
  const fileDescriptorProto = [...all]
    .reverse()
    .map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

/** Adds a file after its imports. */
function addWithImports(file: DescFile, all: Set<DescFile>): void {
  if (all.has(file)) return;
  for (const dependency of file.dependencies) addWithImports(dependency, all);
  all.add(file);
}

function failure(errorCode: Code, errorMessage: string): Response {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
