/** Leases by name: of several processes that want to do the same work, one gets it. They save work; keys give correctness. */
export interface LeaseStore {
  /** Takes a lease for a while, by the database's own clock; answers its fence, or null when another holds it. */
  acquire(name: string, owner: string, holdMs: number): Promise<number | null>;
  /** Keeps a lease that is still ours; answers whether it was. */
  renew(name: string, fence: number, holdMs: number): Promise<boolean>;
  /** Gives a lease back. */
  release(name: string, fence: number): Promise<void>;
}
