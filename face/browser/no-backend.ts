/** Stands in for a backend that face-api would bundle and the phone loads only when it has to. See faceAliases. */
export {};
