type Labels = Readonly<Record<string, string | number>>;

const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

const HELP = {
  app_services_requests_total: "Requests answered, by route and status",
  app_services_function_calls_total: "Function calls ended, by function and outcome",
  app_services_function_duration_seconds: "Duration of function calls",
  app_services_worker_restarts_total: "Function workers replaced, by reason",
  app_services_trigger_runs_total: "Trigger functions run, by trigger and outcome",
  app_services_trigger_lag_seconds: "Age of the last event or slot when its trigger function started",
  app_services_trigger_events_lost_total: "Times a trigger had to start from now because its history was gone",
} as const;

export type CounterName =
  | "app_services_requests_total"
  | "app_services_function_calls_total"
  | "app_services_worker_restarts_total"
  | "app_services_trigger_runs_total"
  | "app_services_trigger_events_lost_total";

/** Counts what the runtime does and renders it as Prometheus text. */
export interface Metrics {
  count(name: CounterName, labels: Labels): void;
  setTriggerLag(trigger: string, seconds: number): void;
  observeFunction(name: string, seconds: number): void;
  render(): string;
}

/** Creates an empty set of metrics. */
export function createMetrics(): Metrics {
  const counters = new Map<CounterName, Map<string, number>>();
  const lags = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  return {
    count(name, labels) {
      const series = counters.get(name) ?? new Map<string, number>();
      counters.set(name, series);
      const key = renderLabels(labels);
      series.set(key, (series.get(key) ?? 0) + 1);
    },
    setTriggerLag(trigger, seconds) {
      lags.set(renderLabels({ trigger }), seconds);
    },
    observeFunction(name, seconds) {
      const histogram = durations.get(name) ?? { counts: DURATION_BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 };
      durations.set(name, histogram);
      histogram.sum += seconds;
      histogram.count += 1;
      DURATION_BUCKETS_SECONDS.forEach((bound, index) => {
        if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
      });
    },
    render() {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(...heading(name, "counter"));
        for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
      }
      lines.push(...heading("app_services_trigger_lag_seconds", "gauge"));
      for (const [labels, value] of lags) lines.push(`app_services_trigger_lag_seconds${labels} ${value}`);
      lines.push(...heading("app_services_function_duration_seconds", "histogram"));
      for (const [name, histogram] of durations) lines.push(...renderHistogram(name, histogram));
      return `${lines.join("\n")}\n`;
    },
  };
}

function heading(name: keyof typeof HELP, type: string): string[] {
  return [`# HELP ${name} ${HELP[name]}`, `# TYPE ${name} ${type}`];
}

function renderHistogram(name: string, histogram: Histogram): string[] {
  const metric = "app_services_function_duration_seconds";
  const labels = { function: name };
  return [
    ...DURATION_BUCKETS_SECONDS.map(
      (bound, index) => `${metric}_bucket${renderLabels({ ...labels, le: bound })} ${histogram.counts[index] ?? 0}`,
    ),
    `${metric}_bucket${renderLabels({ ...labels, le: "+Inf" })} ${histogram.count}`,
    `${metric}_sum${renderLabels(labels)} ${histogram.sum}`,
    `${metric}_count${renderLabels(labels)} ${histogram.count}`,
  ];
}

function renderLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => {
    const text = String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${key}="${text}"`;
  });
  return `{${parts.join(",")}}`;
}
