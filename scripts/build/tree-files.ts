import {
  type CollectionDefinition,
  jsonSchemaOf,
} from "../../functions-src/lib/adapters/mongo/schema/define-collection";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { TriggerWhen } from "../../functions-src/lib/edge/define-trigger";
import type { Entry } from "./definitions";

const DATA_SOURCE = "mongodb-atlas";

/** `functions/config.json`: clients may call functions; what endpoints and triggers run is private. */
export function functionsConfig(entries: readonly Entry[]): readonly object[] {
  return entries.map(({ functionName, definition }) => ({
    name: functionName,
    private: definition.kind !== "function",
    run_as_system: true,
    disable_arg_logs: true,
  }));
}

/** `http_endpoints/config.json`. */
export function endpointsConfig(entries: readonly Entry[]): readonly object[] {
  return entries.flatMap(({ functionName, definition }) =>
    definition.kind === "endpoint"
      ? [
          {
            route: definition.route,
            http_method: definition.method,
            function_name: functionName,
            validation_method: "NO_VALIDATION",
            respond_result: true,
            return_type: "JSON",
            fetch_custom_user_data: false,
            create_user_on_auth: false,
            disabled: false,
          },
        ]
      : [],
  );
}

/** `triggers/<name>.json`; null for entries that are no triggers. */
export function triggerFile({ functionName, definition }: Entry): object | null {
  if (definition.kind !== "trigger") return null;
  return {
    name: definition.name,
    ...triggerType(definition.when),
    disabled: false,
    event_processors: { FUNCTION: { config: { function_name: functionName } } },
  };
}

function triggerType(when: TriggerWhen): object {
  switch (when.kind) {
    case "auth":
      return {
        type: "AUTHENTICATION",
        config: { operation_type: when.operation, providers: [...when.providers] },
      };
    case "database":
      return {
        type: "DATABASE",
        config: {
          service_name: DATA_SOURCE,
          database: DATABASE_NAME,
          collection: when.collection,
          operation_types: [...when.operations],
          match: {},
          project: {},
          full_document: false,
          full_document_before_change: false,
          // Effects are keyed by their cause and a sweep finds what was missed, so order and gaps do not matter.
          unordered: true,
          skip_catchup_events: false,
          tolerate_resume_errors: true,
        },
      };
    case "scheduled":
      return { type: "SCHEDULED", config: { schedule: when.schedule, skip_catchup_events: false } };
  }
}

/** The three files of a collection. No client reads or writes a collection directly: functions do, as system. */
export function dataSourceFiles(definition: CollectionDefinition, database: string): Readonly<Record<string, object>> {
  return {
    "schema.json": { title: definition.name, ...jsonSchemaOf(definition) },
    "rules.json": {
      database,
      collection: definition.name,
      roles: [
        {
          name: "nobody",
          apply_when: {},
          document_filters: { read: false, write: false },
          read: false,
          write: false,
          insert: false,
          delete: false,
          search: false,
        },
      ],
    },
    "relationships.json": {},
  };
}
