import { defineFunction } from "../lib/edge/define-function";
import { parseReplayEvent } from "../lib/edge/parse/admin";
import { replayEvent } from "../lib/usecases/replay-event";

export default defineFunction({
  name: "admin/replayEvent",
  access: "operator",
  parse: parseReplayEvent,
  run: replayEvent,
});
