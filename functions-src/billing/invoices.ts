import { defineFunction } from "../lib/edge/define-function";
import { parseInvoices } from "../lib/edge/parse/billing";
import { listInvoices } from "../lib/usecases/list-invoices";

export default defineFunction({ name: "billing/invoices", access: "member", parse: parseInvoices, run: listInvoices });
