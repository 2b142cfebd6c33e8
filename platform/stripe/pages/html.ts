import { CHECKOUT_STYLE } from "./checkout-style";

/** Makes text harmless between tags and inside quoted attributes. */
export function escapeHtml(value: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Wraps the content of a page. */
export function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Stripe simulator</title>
<style>${CHECKOUT_STYLE}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}
