import { parseArgs } from "node:util";
import { startMongodb } from "./index";

/** Runs the server from the command line until SIGTERM or SIGINT; prints one JSON line when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      secondary: { type: "boolean", default: false },
      data: { type: "string", default: ":memory:" },
    },
  });
  const server = await startMongodb({
    port: Number(values.port),
    host: values.host,
    dataDir: values.data,
    secondary: values.secondary,
  });
  console.log(JSON.stringify({ event: "ready", mongodbUri: server.uri }));
  const stop = (): void => void server.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
