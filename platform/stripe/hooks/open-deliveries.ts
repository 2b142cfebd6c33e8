import type { Delivery } from "../core/kinds";
import type { Store } from "../core/store";
import { isOpenDelivery } from "../objects/events";

/** Follows which deliveries are not answered with 2xx yet, so that nobody has to look through all that ever were. */
export interface OpenDeliveries {
  /** Walks them, those that changed last at the end. */
  walk(): Generator<Delivery>;
}

/** Follows the store from now on. */
export function followOpenDeliveries(store: Store): OpenDeliveries {
  const open = new Set([...store.values("delivery")].filter(isOpenDelivery).map(({ id }) => id));
  store.onDelivery = (id) => {
    // What failed goes behind what was not tried yet.
    open.delete(id);
    open.add(id);
  };
  return {
    *walk() {
      for (const id of open) {
        const delivery = store.get("delivery", id);
        if (delivery !== undefined && isOpenDelivery(delivery)) yield delivery;
        else open.delete(id);
      }
    },
  };
}
