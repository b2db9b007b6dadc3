/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>
#include <rte_assembler_discovery.h>
#include <rte_eal.h>

#include "test_assembler_util.h"

/* The telemetry commands, asked as dpdk-telemetry.py does: over the socket. */

#define REPLY_LEN 16384

static int
telemetry_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char hello[REPLY_LEN];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	assert_true(fd >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/dpdk_telemetry.v2",
			rte_eal_get_runtime_dir());
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_true(read(fd, hello, sizeof(hello)) > 0);
	return fd;
}

/* The reply to a command: the value of the object's only member. */
static json_t *
ask(const char *cmd)
{
	int fd = telemetry_connect();
	char reply[REPLY_LEN];
	json_t *root, *value;
	ssize_t len;

	assert_int_equal(write(fd, cmd, strlen(cmd)), strlen(cmd));
	len = read(fd, reply, sizeof(reply));
	close(fd);
	assert_true(len > 0);
	root = json_loadb(reply, len, 0, NULL);
	assert_non_null(root);
	value = json_object_iter_value(json_object_iter(root));
	assert_non_null(value);
	json_incref(value);
	json_decref(root);
	return value;
}

static json_int_t
number(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static json_int_t
array_sum(json_t *object, const char *key)
{
	json_t *array = json_object_get(object, key);
	json_int_t sum = 0;
	size_t i;

	assert_true(json_is_array(array));
	for (i = 0; i < json_array_size(array); i++)
		sum += json_integer_value(json_array_get(array, i));
	return sum;
}

/* The sum of an array that is in the object of that name. */
static json_int_t
inner_sum(json_t *object, const char *name, const char *key)
{
	return array_sum(json_object_get(object, name), key);
}

/* Ten packets in a frame, and a large one that goes round it. */
static struct rte_assembler *
assembler_used(void)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *pkts[11];
	uint16_t i, nb;

	for (i = 0; i < 11; i++)
		pkts[i] = pkt_numbered(i == 10 ? 300 : 60, 1, i);
	assert_int_equal(rte_assembler_submit_burst(c, pkts, 11), 11);
	nb = rte_assembler_collect_burst(c, pkts, 11);
	assert_int_equal(nb, 2);
	rte_pktmbuf_free_bulk(pkts, nb);
	return a;
}

static void
test_lists_assemblers(void **state)
{
	struct rte_assembler *a = assembler_used();
	json_t *list = ask("/assembler/list");

	(void)state;
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "test");
	json_decref(list);
	rte_assembler_free(a);
	list = ask("/assembler/list");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void
test_shows_every_counter(void **state)
{
	struct rte_assembler *a = assembler_used();
	json_t *stats = ask("/assembler/stats,test");
	json_t *bypassed = json_object_get(stats, "bypassed");
	json_t *flushed = json_object_get(stats, "flushed");
	int i;

	(void)state;
	assert_int_equal(number(stats, "packets"), 10);
	assert_int_equal(number(stats, "bytes"), 600);
	assert_int_equal(number(stats, "frames"), 1);
	assert_int_equal(number(bypassed, "large"), 1);
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		number(bypassed, rte_assembler_bypass_name(i));
	for (i = 0; i < RTE_ASSEMBLER_DROP_MAX; i++)
		number(json_object_get(stats, "dropped"), rte_assembler_drop_name(i));
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		assert_int_equal(number(flushed, rte_assembler_flush_name(i)),
				i == RTE_ASSEMBLER_FLUSH_ORDER);
	assert_int_equal(array_sum(stats, "fill_histogram"), 1);
	number(json_object_get(stats, "hold_us"), "p99");
	/* 10 * 84 bytes natively; 30 + 62 + 9 * 50 and 24 assembled. */
	assert_int_equal(number(stats, "wire_bytes_saved"), 840 - 566);
	assert_int_equal(number(stats, "ring_full"), 0);
	json_decref(stats);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_shows_peers_clients_and_histograms(void **state)
{
	struct rte_assembler *a = assembler_used();
	json_t *peers = ask("/assembler/peers,test");
	json_t *clients = ask("/assembler/clients,test");
	json_t *hist = ask("/assembler/histogram,test");
	json_t *stats = ask("/assembler/stats,test");
	json_t *hold = json_object_get(stats, "hold_us");
	const char *reason;
	int i;

	(void)state;
	assert_int_equal(number(peers, "peers"), 1);
	assert_string_equal(json_string_value(json_array_get(
			json_object_get(peers, "address"), 0)), "02:00:00:00:00:02");
	assert_int_equal(array_sum(peers, "frames"), 1);
	assert_int_equal(array_sum(peers, "packets"), 10);
	assert_int_equal(json_array_size(json_object_get(clients, "client")), 1);
	assert_int_equal(array_sum(clients, "packets"), 11);
	assert_int_equal(array_sum(clients, "bytes"), 900);
	assert_int_equal(array_sum(clients, "bypassed"), 1);
	assert_int_equal(array_sum(clients, "dropped"), 0);
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++) {
		reason = rte_assembler_flush_name(i);
		assert_int_equal(inner_sum(peers, "flushed", reason),
				i == RTE_ASSEMBLER_FLUSH_ORDER);
		assert_int_equal(inner_sum(clients, "flushed", reason),
				i == RTE_ASSEMBLER_FLUSH_ORDER);
	}
	assert_int_equal(inner_sum(clients, "hold_us", "max"), number(hold, "max"));
	assert_int_equal(inner_sum(peers, "hold_us", "max"), number(hold, "max"));
	assert_in_range(inner_sum(peers, "hold_us", "p50"), 0, number(hold, "max"));
	assert_in_range(inner_sum(clients, "hold_us", "p99"), 0, number(hold, "max"));
	assert_int_equal(array_sum(hist, "fill"), 1);
	assert_int_equal(array_sum(hist, "hold_count"), 1);
	assert_int_equal(json_array_size(json_object_get(hist, "hold_ns_upper")), 1);
	json_decref(peers);
	json_decref(clients);
	json_decref(hist);
	json_decref(stats);
	rte_assembler_free(a);
	assert_pools_full();
}

/* Of a frame: its bucket of fill, and that of its hold time. */
static void
assert_histogram(const char *cmd, size_t bucket, json_int_t frames)
{
	json_t *hist = ask(cmd), *fill = json_object_get(hist, "fill");

	assert_int_equal(json_array_size(fill), RTE_ASSEMBLER_FILL_BUCKETS);
	assert_int_equal(array_sum(hist, "fill"), frames);
	assert_int_equal(json_integer_value(json_array_get(fill, bucket)), frames);
	assert_int_equal(array_sum(hist, "hold_count"), frames);
	assert_int_equal(json_array_size(json_object_get(hist, "hold_ns_upper")), frames);
	json_decref(hist);
}

/* A client with a frame of ten packets, one with a frame of three to another peer, one closed. */
static void
test_shows_histograms_of_each(void **state)
{
	static const char * const wrong[] = {
		"/assembler/histogram,test,client,2", "/assembler/histogram,test,client,3",
		"/assembler/histogram,test,peer,2", "/assembler/histogram,test,peer",
		"/assembler/histogram,test,peer,", "/assembler/histogram,test,peer,-1",
		"/assembler/histogram,test,peer,1x", "/assembler/histogram,test,peers,1",
		"/assembler/histogram,test,pee,1", "/assembler/histogram,test,0",
	};
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 2 } };
	const struct rte_ether_addr peer = { { 0x02, 0, 0, 0, 0, 0x22 } };
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *c[3];
	struct rte_mbuf *pkts[10];
	struct rte_assembler *a;
	json_t *reply;
	uint16_t i, j;

	(void)state;
	conf.max_peers = 1;
	conf.max_dsts = 1;
	a = assembler_make(&conf);
	assert_int_equal(rte_assembler_peer_add(a, &dst, &peer), 0);
	for (i = 0; i < 3; i++)
		c[i] = rte_assembler_client_open(a);
	assert_int_equal(rte_assembler_client_close(c[2]), 0);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < (i == 0 ? 10 : 3); j++)
			pkts[j] = pkt_numbered(60, 1 + i, j);
		assert_int_equal(rte_assembler_submit_burst(c[i], pkts, j), j);
		while (rte_assembler_flush(c[i]) != 0)
			if (rte_assembler_collect_burst(c[i], pkts, 1) == 1)
				rte_pktmbuf_free(pkts[0]);
	}
	assert_histogram("/assembler/histogram,test,client,0", 3, 1);
	assert_histogram("/assembler/histogram,test,client,1", 1, 1);
	assert_histogram("/assembler/histogram,test,peer,0", 3, 1);
	assert_histogram("/assembler/histogram,test,peer,1", 1, 1);
	for (i = 0; i < RTE_DIM(wrong); i++) {
		reply = ask(wrong[i]);
		assert_true(json_is_null(reply));
		json_decref(reply);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/* More peers than one answer shows. */
static void
test_shows_peers_in_parts(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_ether_addr addr = test_peer;
	struct rte_assembler *a;
	json_t *peers;
	int i;

	(void)state;
	conf.max_peers = 300;
	conf.max_dsts = 300;
	a = assembler_make(&conf);
	for (i = 0; i < 300; i++) {
		addr.addr_bytes[3] = 1 + i / 256;
		addr.addr_bytes[4] = i % 256;
		assert_int_equal(rte_assembler_peer_add(a, &addr, &addr), 0);
	}
	peers = ask("/assembler/peers,test");
	assert_int_equal(number(peers, "peers"), 301);
	assert_int_equal(json_array_size(json_object_get(peers, "frames")), 64);
	assert_int_equal(json_array_size(json_object_get(json_object_get(peers, "flushed"),
			"stop")), 64);
	json_decref(peers);
	peers = ask("/assembler/peers,test,256");
	assert_int_equal(json_array_size(json_object_get(peers, "address")), 45);
	assert_string_equal(json_string_value(json_array_get(
			json_object_get(peers, "address"), 44)), "02:00:00:02:2B:02");
	json_decref(peers);
	peers = ask("/assembler/peers,test,301");
	assert_int_equal(json_array_size(json_object_get(peers, "address")), 0);
	json_decref(peers);
	peers = ask("/assembler/peers,test,1x");
	assert_true(json_is_null(peers));
	json_decref(peers);
	rte_assembler_free(a);
}

static void
assert_first(json_t *object, const char *key, const char *text)
{
	json_t *first = json_array_get(json_object_get(object, key), 0);

	assert_string_equal(json_string_value(first), text);
}

/* A peer that says HELLO and answers. */
static void
give_hello_and_answer(struct rte_assembler_discovery *d, uint16_t epoch)
{
	const uint8_t payload[] = {
		1, 12, 1, 3, 0x13, 0, 0x05, 0x14, 0, 99, 0xBE, 0xEF, 0, 100,
		2, 14, 1, 3, 0x13, 0, 0x05, 0x14, 0, 99, 0xBE, 0xEF, 0, 100, epoch >> 8, epoch,
	};
	struct rte_assembler_hdr hdr = header_make(sizeof(payload), 2, 0xC00, 0, 0xBEEF);
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t len;

	hdr.flags = RTE_ASSEMBLER_FLAG_CTRL;
	len = frame_write(frame, &test_peer, hdr, payload, sizeof(payload));
	memcpy(frame, &test_own, 6);
	rte_pktmbuf_append(m, len);
	assert_true(rte_assembler_discovery_receive(d, m));
}

static void
test_shows_what_discovery_knows(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_discovery_conf dconf;
	struct rte_assembler_discovery *d;
	json_t *peers, *found;
	struct rte_mbuf *m;

	(void)state;
	peers = ask("/assembler/peers,test");
	assert_first(peers, "state", "static");
	assert_null(json_object_get(peers, "discovery"));
	json_decref(peers);
	rte_assembler_discovery_conf_default(&dconf);
	dconf.own = test_own;
	dconf.pool = frame_pool();
	dconf.assembler = a;
	d = rte_assembler_discovery_create(&dconf);
	peers = ask("/assembler/peers,test");
	assert_first(peers, "state", "none");
	assert_first(peers, "address", "");
	json_decref(peers);
	/* The HELLO to all has the epoch that an answer must name. */
	assert_int_equal(rte_assembler_discovery_poll(d, &m, 1), 1);
	give_hello_and_answer(d, rte_be_to_cpu_16(frame_header(m).epoch));
	rte_pktmbuf_free(m);
	peers = ask("/assembler/peers,test");
	assert_first(peers, "state", "up");
	assert_first(peers, "address", "02:00:00:00:00:02");
	found = json_object_get(peers, "discovery");
	assert_first(found, "address", "02:00:00:00:00:02");
	assert_first(found, "state", "up");
	assert_int_equal(array_sum(found, "lowest_version"), 1);
	assert_int_equal(array_sum(found, "highest_version"), 3);
	assert_int_equal(array_sum(found, "max_frame"), 1300);
	assert_int_equal(array_sum(found, "max_count"), 99);
	assert_int_equal(array_sum(found, "lz4"), 1);
	assert_int_equal(array_sum(found, "epoch"), 0xBEEF);
	assert_in_range(array_sum(found, "age_ms"), 0, 60000);
	json_decref(peers);
	rte_assembler_discovery_free(d);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
frame_from(struct rte_disassembler *d, const struct rte_ether_addr *src, uint32_t seq)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	rte_pktmbuf_append(m, frame_write(frame, src, header_make(8, 1, 0, seq, 1),
			(const uint8_t *)"\x80\6\x08\1data", 8));
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	if (rte_disassembler_collect_burst(d, &m, 1) == 1)
		rte_pktmbuf_free(m);
}

static void
test_shows_what_each_peer_sent(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_ether_addr addr = { { 0x02, 0, 0, 0, 0, 0x03 } };
	json_t *list = ask("/disassembler/list"), *stats, *dropped, *peers;
	char name[32], cmd[64];
	int i;

	(void)state;
	assert_int_equal(json_array_size(list), 1);
	snprintf(name, sizeof(name), "%s", json_string_value(json_array_get(list, 0)));
	json_decref(list);
	/* A gap of one sender, a frame twice of another, and one of a stranger. */
	frame_from(d, &test_own, 0);
	frame_from(d, &test_own, 3);
	frame_from(d, &addr, 0);
	assert_int_equal(rte_disassembler_peer_add(d, &addr), 0);
	frame_from(d, &addr, 5);
	frame_from(d, &addr, 5);
	assert_int_equal(rte_disassembler_peer_del(d, &addr), 0);
	snprintf(cmd, sizeof(cmd), "/disassembler/stats,%s", name);
	stats = ask(cmd);
	assert_int_equal(number(stats, "frames"), 3);
	assert_int_equal(number(stats, "lost_frames"), 2);
	assert_int_equal(number(stats, "duplicate"), 1);
	dropped = json_object_get(stats, "dropped");
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		assert_int_equal(number(dropped, rte_assembler_cause_name(i)),
				i == RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER);
	json_decref(stats);
	snprintf(cmd, sizeof(cmd), "/disassembler/peers,%s", name);
	peers = ask(cmd);
	assert_int_equal(number(peers, "peers"), 2);
	assert_first(peers, "address", "02:00:00:00:00:01");
	assert_first(peers, "state", "accepted");
	assert_int_equal(array_sum(peers, "frames"), 3);
	assert_int_equal(array_sum(peers, "bytes"), 180);
	assert_int_equal(json_array_size(json_object_get(peers, "age_ms")), 2);
	assert_in_range(array_sum(peers, "age_ms"), 0, 600000);
	json_decref(peers);
	snprintf(cmd, sizeof(cmd), "/disassembler/peers,%s,1", name);
	peers = ask(cmd);
	assert_first(peers, "address", "02:00:00:00:00:03");
	assert_first(peers, "state", "removed");
	assert_int_equal(array_sum(peers, "frames"), 1);
	assert_int_equal(array_sum(peers, "lost_frames"), 0);
	assert_int_equal(array_sum(peers, "duplicate"), 1);
	json_decref(peers);
	rte_disassembler_free(d);
	list = ask("/disassembler/list");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_pools_full();
}

/* More than one answer has room for. */
static void
test_shows_senders_in_parts(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_ether_addr addr = test_own;
	char name[32], cmd[64];
	json_t *reply;
	int i;

	(void)state;
	reply = ask("/disassembler/list");
	snprintf(name, sizeof(name), "%s", json_string_value(json_array_get(reply, 0)));
	json_decref(reply);
	for (i = 1; i < RTE_DISASSEMBLER_MAX_PEERS; i++) {
		addr.addr_bytes[3] = 1 + i / 256;
		addr.addr_bytes[4] = i % 256;
		assert_int_equal(rte_disassembler_peer_add(d, &addr), 0);
	}
	for (i = 0; i < RTE_DISASSEMBLER_MAX_PEERS; i += 64) {
		snprintf(cmd, sizeof(cmd), "/disassembler/peers,%s,%d", name, i);
		reply = ask(cmd);
		assert_int_equal(number(reply, "peers"), RTE_DISASSEMBLER_MAX_PEERS);
		assert_int_equal(number(reply, "first"), i);
		assert_int_equal(json_array_size(json_object_get(reply, "no_mbuf")), 64);
		json_decref(reply);
	}
	rte_disassembler_free(d);
}

/* Who asks without end, while what is asked for comes and goes. */
struct asker {
	uint32_t nb_found;   /* answers that show it */
	uint32_t nb_unknown;
	uint32_t nb_bad;
	bool stop;
};

static void
ask_again(struct asker *asker, int fd, const char *cmd)
{
	char reply[REPLY_LEN];
	ssize_t len = write(fd, cmd, strlen(cmd));

	if (len == (ssize_t)strlen(cmd))
		len = read(fd, reply, sizeof(reply) - 1);
	reply[RTE_MAX(len, 0)] = '\0';
	if (len > 0 && strstr(reply, ":{") != NULL)
		__atomic_fetch_add(&asker->nb_found, 1, __ATOMIC_RELAXED);
	else if (len > 0 && strstr(reply, ":null") != NULL)
		__atomic_fetch_add(&asker->nb_unknown, 1, __ATOMIC_RELAXED);
	else if (len <= 0 || strstr(reply, ":[") == NULL)
		asker->nb_bad++;
}

static void *
asker_run(void *arg)
{
	static const char * const cmds[] = {
		"/assembler/list", "/assembler/stats,test", "/assembler/peers,test",
		"/assembler/clients,test", "/assembler/histogram,test",
		"/assembler/histogram,test,client,0", "/assembler/histogram,test,peer,0",
		"/disassembler/list",
	};
	struct asker *asker = arg;
	int fd = telemetry_connect();
	uint32_t i;

	for (i = 0; !__atomic_load_n(&asker->stop, __ATOMIC_RELAXED); i++) {
		ask_again(asker, fd, cmds[i % RTE_DIM(cmds)]);
		/* Found or not, it is not looked at when it is gone. */
		(void)rte_assembler_lookup("test");
	}
	close(fd);
	return NULL;
}

/* An assembler, with all that telemetry may follow from it, that is freed without warning. */
static void
live_and_go(const struct asker *asker, bool with_discovery)
{
	const uint32_t found = __atomic_load_n(&asker->nb_found, __ATOMIC_RELAXED);
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_assembler_discovery_conf conf;
	struct rte_assembler_discovery *discovery = NULL;
	struct rte_assembler *a = assembler_used();

	if (with_discovery) {
		rte_assembler_discovery_conf_default(&conf);
		conf.own = test_own;
		conf.pool = frame_pool();
		conf.assembler = a;
		discovery = rte_assembler_discovery_create(&conf);
		assert_non_null(discovery);
	}
	assert_non_null(rte_assembler_client_open(a));
	while (__atomic_load_n(&asker->nb_found, __ATOMIC_RELAXED) == found)
		sched_yield();
	rte_disassembler_free(d);
	rte_assembler_discovery_free(discovery);
	rte_assembler_free(a);
}

static void
test_what_is_asked_for_may_go_meanwhile(void **state)
{
	struct asker asker = { 0 };
	pthread_t thread;
	uint32_t i;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, asker_run, &asker), 0);
	for (i = 0; i < 300 || __atomic_load_n(&asker.nb_unknown, __ATOMIC_RELAXED) == 0; i++)
		live_and_go(&asker, i % 2 != 0);
	__atomic_store_n(&asker.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(asker.nb_bad, 0);
	assert_pools_full();
}

static void
test_refuses_unknown_names(void **state)
{
	static const char * const cmds[] = {
		"/assembler/stats", "/assembler/stats,nobody", "/assembler/peers,nobody",
		"/assembler/clients,", "/assembler/histogram,nobody", "/assembler/peers,nobod",
		"/assembler/peers,nobody,1,", "/disassembler/peers,nobody,x",
		"/disassembler/stats", "/disassembler/peers,nobody",
		"/disassembler/peers,a name that no disassembler can have",
	};
	json_t *reply;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(cmds); i++) {
		reply = ask(cmds[i]);
		assert_true(json_is_null(reply));
		json_decref(reply);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_lists_assemblers),
	cmocka_unit_test(test_shows_every_counter),
	cmocka_unit_test(test_shows_peers_clients_and_histograms),
	cmocka_unit_test(test_shows_histograms_of_each),
	cmocka_unit_test(test_shows_peers_in_parts),
	cmocka_unit_test(test_shows_what_discovery_knows),
	cmocka_unit_test(test_shows_what_each_peer_sent),
	cmocka_unit_test(test_shows_senders_in_parts),
	cmocka_unit_test(test_what_is_asked_for_may_go_meanwhile),
	cmocka_unit_test(test_refuses_unknown_names),
};

TEST_SUITE(assembler_telemetry, tests)
