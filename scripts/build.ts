import { buildApp } from "./build/build-app";

void buildApp().then(
  ({ functions, triggers, endpoints, collections, elapsedMs }) =>
    console.log(
      `Built app/: ${functions} functions, ${triggers} triggers, ${endpoints} endpoints, ${collections} collections in ${elapsedMs} ms`,
    ),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
