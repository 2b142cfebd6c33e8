/** Who calls, as the platform proved it. */
export type Caller =
  | {
      readonly kind: "user";
      readonly userId: string;
      readonly email: string | null;
      /** Anonymous users get an account but no sign-up grant. */
      readonly anonymous: boolean;
    }
  | { readonly kind: "operator"; readonly id: string };

/** A caller together with the account the call is about. */
export interface MemberCall<Input> {
  readonly caller: Caller;
  readonly accountId: string;
  readonly input: Input;
}
