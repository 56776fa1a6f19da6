import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../gen/ts/grpc/reflection/v1/reflection_pb.js";
import type { RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

type Question = ServerReflectionRequest["messageRequest"];

const versions = ["v1", "v1alpha"];
const services = [
  "corral.v1.Coordination",
  "corral.v1.Admin",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

async function ask(client: RpcClient, version: string, questions: Question[]) {
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const stream = client.bidi(ServerReflection.method.serverReflectionInfo, { path });
  const answers: ServerReflectionResponse["messageResponse"][] = [];
  for (const messageRequest of questions) {
    stream.send({ host: "here", messageRequest });
    const response = (await stream.next())!;
    expect(response).toMatchObject({ validHost: "here", originalRequest: { host: "here", messageRequest } });
    answers.push(response.messageResponse);
  }
  stream.end();
  expect(await stream.status).toMatchObject({ code: "OK" });
  return answers;
}

/** The descriptors of an answer, in order. */
function filesOf(answer: ServerReflectionResponse["messageResponse"]) {
  if (answer.case !== "fileDescriptorResponse") throw new Error(JSON.stringify(answer));
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

test.each(versions)("%s lists the services, itself and health among them", async (version) => {
  const { client } = await startServer();
  const [answer] = await ask(client, version, [{ case: "listServices", value: "*" }]);
  expect(answer).toMatchObject({
    case: "listServicesResponse",
    value: { service: services.map((name) => ({ name })) },
  });
});

test.each(versions)(
  "%s answers complete, self-contained descriptors for every kind of symbol",
  async (version) => {
    const { client } = await startServer();
    const symbols: [string, string][] = [
      ["corral.v1.Coordination", "corral/v1/coordination.proto"],
      ["corral.v1.Coordination.KeepAlive", "corral/v1/coordination.proto"],
      ["corral.v1.Stat", "corral/v1/node.proto"],
      ["corral.v1.Stat.czxid", "corral/v1/node.proto"],
      ["corral.v1.CreateMode", "corral/v1/node.proto"],
      ["corral.v1.CREATE_MODE_EPHEMERAL", "corral/v1/node.proto"],
      ["corral.v1.ErrorReason", "corral/v1/errors.proto"],
      ["google.rpc.ErrorInfo", "google/rpc/error_details.proto"],
      ["google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"],
      ["google.rpc.Status", "google/rpc/status.proto"],
      ["grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"],
      ["grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto"],
    ];
    const answers = await ask(
      client,
      version,
      symbols.map(([value]) => ({ case: "fileContainingSymbol", value })),
    );
    for (const [i, [, name]] of symbols.entries()) {
      const file = filesOf(answers[i]!);
      expect(file[0]!.name).toBe(name);
      // Throws when an import is missing; the registry wants imports first.
      createFileRegistry({ $typeName: FileDescriptorSetSchema.typeName, file: file.reverse() });
    }
  },
);

test.each(versions)("%s answers files by name, and says what it does not have", async (version) => {
  const { client } = await startServer();
  const [file, ...failures] = await ask(client, version, [
    { case: "fileByFilename", value: "google/protobuf/duration.proto" },
    { case: "fileByFilename", value: "no.proto" },
    { case: "fileContainingSymbol", value: "no.Such" },
    {
      case: "fileContainingExtension",
      value: {
        $typeName: "grpc.reflection.v1.ExtensionRequest",
        containingType: "corral.v1.Stat",
        extensionNumber: 1,
      },
    },
    { case: "allExtensionNumbersOfType", value: "no.Such" },
    { case: undefined },
  ]);
  expect(filesOf(file!)[0]!.name).toBe("google/protobuf/duration.proto");
  expect(failures.map(({ value }) => (value as { errorCode: number }).errorCode)).toEqual([5, 5, 5, 5, 3]);
});

test.each(versions)("%s knows that nothing extends the messages", async (version) => {
  const { client } = await startServer();
  const [answer] = await ask(client, version, [
    { case: "allExtensionNumbersOfType", value: "corral.v1.Stat" },
  ]);
  expect(answer).toMatchObject({
    case: "allExtensionNumbersResponse",
    value: { baseTypeName: "corral.v1.Stat", extensionNumber: [] },
  });
});
