/**
 * Who came before whom. `direct`: read or overwrote what the other wrote, or began after the other had ended. `anti`: saw a state that the other then
 * overwrote.
 */
export interface Edges {
  readonly direct: Map<string, Set<string>>;
  readonly anti: Map<string, Set<string>>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Finds a cycle that no execution under snapshot isolation has: one without two `anti` edges in a row.
 * Source: A. Cerone, A. Gotsman, "Analysing Snapshot Isolation", 2016, theorem 9: direct, followed by anti or not, must be acyclic.
 */
export function findForbiddenCycle({ direct, anti }: Edges): string[] | undefined {
  const steps = new Map<string, Set<string>>();
  for (const [from, targets] of direct) {
    const reached = new Set(targets);
    for (const target of targets) for (const after of anti.get(target) ?? NONE) reached.add(after);
    steps.set(from, reached);
  }
  return findCycle(steps);
}

/** Tells whether there is any cycle among the nodes at all, that is, whether they could not have run one after the other. */
export function hasCycle({ direct, anti }: Edges, nodes: ReadonlySet<string>): boolean {
  const steps = new Map<string, Set<string>>();
  for (const from of nodes) {
    const targets = [...(direct.get(from) ?? NONE), ...(anti.get(from) ?? NONE)];
    steps.set(from, new Set(targets.filter((target) => nodes.has(target))));
  }
  return findCycle(steps) !== undefined;
}

function findCycle(steps: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    const place = path.indexOf(node);
    if (place >= 0) return [...path.slice(place), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of steps.get(node) ?? NONE) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of steps.keys()) {
    const found = visit(node);
    if (found !== undefined) return found;
  }
  return undefined;
}
