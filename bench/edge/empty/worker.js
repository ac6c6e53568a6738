// Answers, and does nothing else: what the host itself can do.

export default {
  fetch: () => new Response(null, { status: 202 }),
};
