import { escapeHtml, page } from "./html";

/** Renders the page on which a bank asks the buyer, and how it ended when there is nothing to answer any more. */
export function renderAuthenticatePage({
  id,
  status,
  amount,
}: {
  id: string;
  status: string;
  amount: string | null;
}): string {
  const what =
    amount === null ? "Your bank asks whether this method may be saved." : `Your bank asks whether you pay ${amount}.`;
  const answer =
    status === "requires_action"
      ? `<p>${escapeHtml(what)}</p>
<form method="post" action="/c/authenticate/${escapeHtml(id)}">
<button type="submit" name="action" value="complete">Complete</button>
<button type="submit" name="action" value="fail" class="quiet">Fail</button>
</form>`
      : `<p class="ended" role="status">${status === "requires_payment_method" ? "The bank has refused." : "There is nothing left to confirm. You can close this page."}</p>`;
  return page(
    "Confirm with your bank",
    `<p class="badge">Test mode: no money moves</p>
<h1>3-D Secure</h1>
${answer}`,
  );
}
