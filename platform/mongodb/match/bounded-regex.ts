import { createContext, Script } from "node:vm";
import { numberedError } from "../errors";

const LIMIT_MS = 1_000;
/** Below this, even a pattern that tries every way to divide a text is done in no time. */
const HARMLESS_LENGTH = 24;
const LONG_TEXT = 4_096;

const UNBOUNDED = /[*+]|\{\d+,/;
const REPEATED_GROUP = /\)(?:[*+]|\{\d)/;
const MANY_UNBOUNDED = /(?:[*+][^*+]*){3}/;

interface Watched {
  run: () => void;
}

const watched: Watched = { run: () => undefined };
const context = createContext(watched);
const script = new Script("run()");

/** A regular expression that is given up when one match takes longer than a second, which would stop the server for everybody. */
class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    const isRisky = REPEATED_GROUP.test(this.source) || MANY_UNBOUNDED.test(this.source);
    if (text.length < (isRisky ? HARMLESS_LENGTH : LONG_TEXT)) return super.exec(text);
    let found: RegExpExecArray | null = null;
    watched.run = () => {
      found = super.exec(text);
    };
    try {
      script.runInContext(context, { timeout: LIMIT_MS });
    } catch (cause) {
      throw Object.assign(numberedError(51156, `Regular expression is too expensive for this text: ${this.source}`), {
        cause,
      });
    }
    return found;
  }
}

/** Builds a regular expression; one that can run away is watched while it runs. Throws: SyntaxError. */
export function createRegex(source: string, flags: string): RegExp {
  return UNBOUNDED.test(source) ? new BoundedRegExp(source, flags) : new RegExp(source, flags);
}
