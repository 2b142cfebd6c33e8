import type { Log } from "../ports/log";

/** Makes a log of one JSON line per event on the function's console, which the platform stores. */
export function createLog(): Log {
  return {
    info: (event, facts = {}) => console.log(JSON.stringify({ level: "info", event, ...facts })),
    alert: (event, facts = {}) => console.error(JSON.stringify({ level: "alert", event, ...facts })),
  };
}
