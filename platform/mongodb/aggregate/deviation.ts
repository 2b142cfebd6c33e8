import { toDouble } from "../bson/numeric";
import { isNumeric } from "../bson/types";
import { fromDouble, type Value } from "../bson/values";

/** Gathers the standard deviation of doubles in one pass (Welford's method), of a whole population or of a sample of one. */
export class Deviation {
  private count = 0;
  private mean = 0;
  private squares = 0;

  constructor(private readonly isSample: boolean) {}

  add(value: Value | undefined): void {
    if (!isNumeric(value)) return;
    const number = toDouble(value);
    this.count += 1;
    const delta = number - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (number - this.mean);
  }

  result(): Value {
    const divisor = this.isSample ? this.count - 1 : this.count;
    return divisor < 1 ? null : fromDouble(Math.sqrt(this.squares / divisor));
  }
}
