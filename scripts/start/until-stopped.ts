/** How long an orderly stop may take before the process gives up. */
const STOP_LIMIT_MS = 9_500;

/**
 * Waits for SIGTERM or SIGINT, then closes and exits with code 0. The signal may arrive twice, once from npm and once from
 * the process group; the second changes nothing.
 */
export function closeWhenStopped(close: () => Promise<void>): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    const limit = setTimeout(() => {
      console.error(`Stopping took longer than ${STOP_LIMIT_MS} ms; what was acknowledged is on disk`);
      process.exit(1);
    }, STOP_LIMIT_MS);
    limit.unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
