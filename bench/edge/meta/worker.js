// A Meta that answers at once.

export default {
  async fetch(request) {
    const { data } = await request.json();
    return Response.json({ events_received: data.length, messages: [], fbtrace_id: "T" });
  },
};
