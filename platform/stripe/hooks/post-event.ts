import { Agent, request as httpRequest } from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";

const TIMEOUT_MS = 10_000;

/** Posts the bodies of events. */
export interface Poster {
  /** Posts one body. Answers the status. Throws: when no answer came within 10 s, or the poster was closed. */
  post(url: string, message: { readonly body: string; readonly signature: string }): Promise<number>;
  /** Ends what is on its way. */
  close(): void;
}

/** Makes a poster with connections that are used again. */
export function createPoster(): Poster {
  const agents = { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };
  const running = new Set<AbortController>();
  let closed = false;
  return {
    post: async (url, { body, signature }) => {
      if (closed) throw new Error("The simulator stopped");
      const secure = url.startsWith("https:");
      const abort = new AbortController();
      running.add(abort);
      const timer = setTimeout(() => abort.abort(new Error("No answer within 10 s")), TIMEOUT_MS);
      return new Promise<number>((resolve, reject) => {
        abort.signal.addEventListener("abort", () => reject(abort.signal.reason));
        const outgoing = (secure ? httpsRequest : httpRequest)(url, {
          method: "POST",
          agent: secure ? agents.https : agents.http,
          signal: abort.signal,
          headers: {
            "content-type": "application/json; charset=utf-8",
            "content-length": Buffer.byteLength(body),
            "stripe-signature": signature,
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
          },
        });
        outgoing.on("response", (incoming) => {
          incoming.on("error", reject);
          incoming.on("end", () => resolve(incoming.statusCode ?? 0));
          incoming.resume();
        });
        outgoing.on("error", reject);
        outgoing.end(body);
      }).finally(() => {
        clearTimeout(timer);
        running.delete(abort);
      });
    },
    close: () => {
      closed = true;
      for (const abort of running) abort.abort(new Error("The simulator stopped"));
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
