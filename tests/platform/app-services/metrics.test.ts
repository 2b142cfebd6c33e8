import { createMetrics } from "../../../platform/app-services/metrics";

describe("metrics", () => {
  test("render as Prometheus text: counters add up, histograms are cumulative, labels are escaped", () => {
    const metrics = createMetrics();
    metrics.count("app_services_worker_restarts_total", { reason: 'a "b"\n\\' });
    metrics.count("app_services_worker_restarts_total", { reason: 'a "b"\n\\' });
    metrics.setTriggerLag("sweep", 1.5);
    metrics.observeFunction("f", 0.02);
    metrics.observeFunction("f", 400);
    const lines = metrics.render().split("\n");
    expect(lines).toContain("# TYPE app_services_worker_restarts_total counter");
    expect(lines).toContain(String.raw`app_services_worker_restarts_total{reason="a \"b\"\n\\"} 2`);
    expect(lines).toContain('app_services_trigger_lag_seconds{trigger="sweep"} 1.5');
    expect(lines).toContain('app_services_function_duration_seconds_bucket{function="f",le="0.01"} 0');
    expect(lines).toContain('app_services_function_duration_seconds_bucket{function="f",le="0.025"} 1');
    expect(lines).toContain('app_services_function_duration_seconds_bucket{function="f",le="300"} 1');
    expect(lines).toContain('app_services_function_duration_seconds_bucket{function="f",le="+Inf"} 2');
    expect(lines).toContain('app_services_function_duration_seconds_count{function="f"} 2');
  });
});
