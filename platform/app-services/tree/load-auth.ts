import type { AuthProvider, CustomUserData } from "./app-tree";
import type { TreeFiles } from "./tree-files";
import { flagField, isJsonObject, objectField, stringField, type FieldRules, type TreeReport } from "./tree-report";

const PROVIDER_TYPES = [
  "anon-user",
  "api-key",
  "local-userpass",
  "custom-token",
  "custom-function",
  "oauth2-google",
  "oauth2-facebook",
  "oauth2-apple",
] as const;

const PROVIDER_RULES: FieldRules = {
  id: { type: "string" },
  name: { type: "string" },
  type: { type: "string", required: true, oneOf: PROVIDER_TYPES },
  disabled: { type: "boolean" },
  config: { type: "object" },
  secret_config: { type: "object" },
  metadata_fields: { type: "array" },
  redirect_uris: { type: "strings" },
  domain_restrictions: { type: "array" },
};

const EMAIL_CONFIG_RULES: FieldRules = {
  autoConfirm: { type: "boolean" },
  runConfirmationFunction: { type: "boolean" },
  confirmationFunctionName: { type: "string" },
  emailConfirmationUrl: { type: "string" },
  confirmEmailSubject: { type: "string" },
  runResetFunction: { type: "boolean" },
  resetFunctionName: { type: "string" },
  resetPasswordUrl: { type: "string" },
  resetPasswordSubject: { type: "string" },
};

/** Reads `auth/providers.json`. Confirmation other than `autoConfirm` is not served yet and is said so at the start. */
export function loadAuthProviders(files: TreeFiles, report: TreeReport): ReadonlyMap<string, AuthProvider> {
  const file = "auth/providers.json";
  const content = files.readJson(file);
  const providers = new Map<string, AuthProvider>();
  if (content === undefined) return providers;
  if (!isJsonObject(content)) {
    report.add(file, "is not an object keyed by provider type");
    return providers;
  }
  for (const [key, value] of Object.entries(content)) {
    if (!report.checkObject(file, key, value, PROVIDER_RULES)) continue;
    const type = stringField(value, "type");
    if (type !== key) report.add(file, `${key}.type is ${JSON.stringify(type)}, expected ${JSON.stringify(key)}`);
    const provider = { type: key, disabled: flagField(value, "disabled"), config: objectField(value, "config") };
    if (key === "local-userpass" && !provider.disabled) checkEmailProvider(file, provider, report);
    providers.set(key, provider);
  }
  return providers;
}

function checkEmailProvider(file: string, provider: AuthProvider, report: TreeReport): void {
  report.checkObject(file, "local-userpass.config", provider.config, EMAIL_CONFIG_RULES);
  if (provider.config["autoConfirm"] !== true) {
    report.add(
      file,
      `local-userpass.config.autoConfirm is ${JSON.stringify(provider.config["autoConfirm"])}, expected true: this runtime ` +
        "confirms by neither e-mail nor function yet",
    );
  }
}

/** Reads `auth/custom_user_data.json`; null when custom user data is off. */
export function loadCustomUserData(files: TreeFiles, report: TreeReport): CustomUserData | null {
  const file = "auth/custom_user_data.json";
  const content = files.readJson(file);
  if (content === undefined) return null;
  const isEnabled = isJsonObject(content) && content["enabled"] === true;
  const needed = isEnabled ? ({ type: "string", required: true } as const) : ({ type: "string" } as const);
  const rules: FieldRules = {
    id: { type: "string" },
    enabled: { type: "boolean", required: true },
    mongo_service_name: needed,
    mongo_service_id: { type: "string" },
    database_name: needed,
    collection_name: needed,
    user_id_field: needed,
    on_user_creation_function_name: { type: "string" },
    on_user_creation_function_id: { type: "string" },
  };
  if (!report.checkObject(file, "", content, rules) || !isEnabled) return null;
  return {
    dataSource: stringField(content, "mongo_service_name"),
    database: stringField(content, "database_name"),
    collection: stringField(content, "collection_name"),
    userIdField: stringField(content, "user_id_field"),
    onUserCreation: stringField(content, "on_user_creation_function_name") || null,
  };
}
