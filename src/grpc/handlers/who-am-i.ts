import type { HandlerOf } from "./handler.ts";

export function whoAmI(): HandlerOf<"whoAmI"> {
  return (_request, { identities = [] }) => ({ identities: [...identities] });
}
