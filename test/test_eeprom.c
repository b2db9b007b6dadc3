/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <string.h>

#include "rig82545.h"

static const struct rte_ether_addr address = { { 0x00, 0x12, 0x34, 0x56, 0x78, 0x9A } };
static const struct rte_ether_addr other = { { 0x02, 0x00, 0x00, 0x00, 0x00, 0x2A } };

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

static void
set_rar0(struct rig *r, const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;

	*model82545_reg(r->m, M_RAL) = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	*model82545_reg(r->m, M_RAH) = b[4] | b[5] << 8 | M_RAH_AV;
}

/* §13.4.4: one write with START for each word, then DONE in bit 4. */
static void
test_reads_words(void **state)
{
	uint32_t word, us;
	uint16_t val;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (us = 0; us <= 1000; us += 250) {
			struct rig *r = rig_chip(kinds[k]);

			r->m->eerd_us = us;
			for (word = 0; word < 64; word++)
				r->m->eeprom[word] = 0x1234 * word + 1;
			for (word = 0; word < 64; word++) {
				assert_int_equal(asm82545_eeprom_read(&r->hw, word, &val), 0);
				assert_int_equal(val, (uint16_t)(0x1234 * word + 1));
			}
			rig_free(r);
		}
	}
}

static void
test_read_that_is_never_done_times_out(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct rte_ether_addr mac;
	uint64_t us = r->m->us;
	uint16_t val;

	r->m->stuck_eerd = true;
	assert_int_equal(asm82545_eeprom_read(&r->hw, 0, &val), -ETIMEDOUT);
	assert_in_range(r->m->us - us, 10000, 1000000);
	/* The first word that fails ends it. */
	us = r->m->us;
	assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), -ETIMEDOUT);
	assert_in_range(r->m->us - us, 10000, 1000000);
	rig_free(r);
}

/* All ones have DONE set. */
static void
test_read_of_a_removed_device_fails(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	uint16_t val;

	r->m->removed = true;
	assert_int_equal(asm82545_eeprom_read(&r->hw, 0, &val), -ENODEV);
	rig_free(r);
}

static void
test_address_is_in_the_eeprom(void **state)
{
	struct rte_ether_addr mac;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), 0);
		assert_memory_equal(&mac, &address, sizeof(mac));
		rig_free(r);
	}
}

/* One bit anywhere makes it invalid. */
static void
test_checksum_covers_every_word(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct rte_ether_addr mac;
	uint32_t word;

	for (word = 0; word < 64; word++) {
		r->m->eeprom[word] ^= 1 << word % 16;
		assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), -EILSEQ);
		r->m->eeprom[word] ^= 1 << word % 16;
		assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), 0);
	}
	rig_free(r);
}

static void
test_address_must_be_a_station_address(void **state)
{
	static const uint16_t bad[][3] = {
		{ 0, 0, 0 }, { 0xFFFF, 0xFFFF, 0xFFFF }, { 0x1201, 0x5634, 0x9A78 },
	};
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct rte_ether_addr mac;
	size_t i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		memcpy(r->m->eeprom, bad[i], sizeof(bad[i]));
		model82545_eeprom_seal(r->m);
		assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), -EILSEQ);
	}
	rig_free(r);
}

/* Then RAR0 has it, where the reset leaves it there. */
static void
test_init_falls_back_to_rar0(void **state)
{
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		r->m->eeprom[0x3F]++;
		/* Without a signature the chip does not load it either. */
		r->m->eeprom[0x0A] = 0xFFFF;
		set_rar0(r, &other);
		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		assert_memory_equal(&r->hw.mac, &other, sizeof(other));
		rig_free(r);
	}
}

static void
test_init_fails_without_any_address(void **state)
{
	static const struct rte_ether_addr bad[] = {
		{ { 0 } }, { { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF } }, { { 1, 2, 3, 4, 5, 6 } },
	};
	size_t k, i;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (i = 0; i < RTE_DIM(bad); i++) {
			struct rig *r = rig_chip(kinds[k]);

			r->m->eeprom[0x3F]++;
			r->m->eeprom[0x0A] = 0xFFFF;
			set_rar0(r, &bad[i]);
			assert_int_equal(asm82545_hw_init(&r->hw), -EILSEQ);
			rig_free(r);
		}
	}
}

/* What is not written stays, the checksum fits again. */
static void
test_writes_words_and_checksum(void **state)
{
	static const uint16_t words[] = { 0x0002, 0x0000, 0x2A00 };
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	uint16_t before[64];
	struct rte_ether_addr mac;
	uint32_t i;

	memcpy(before, r->m->eeprom, sizeof(before));
	assert_int_equal(asm82545_eeprom_write(&r->hw, 0, words, 3), 0);
	assert_int_equal(asm82545_eeprom_mac(&r->hw, &mac), 0);
	assert_memory_equal(&mac, &other, sizeof(mac));
	for (i = 3; i < 63; i++)
		assert_int_equal(r->m->eeprom[i], before[i]);
	for (i = 0; i < 63; i++) {
		assert_int_equal(asm82545_eeprom_write(&r->hw, i, &words[2], 1), 0);
		assert_int_equal(r->m->eeprom[i], words[2]);
	}
	/* The pins are given back: EERD works, and the part is not to be written. */
	assert_int_equal(*model82545_reg(r->m, M_EECD) & M_EECD_REQ, 0);
	assert_false(r->m->microwire_write_on);
	rig_free(r);
}

static void
test_write_that_is_lost_is_an_error(void **state)
{
	static const uint16_t word = 0x1234;
	struct rig *r = rig_chip(MODEL82545_QEMU);

	assert_int_equal(asm82545_eeprom_write(&r->hw, 5, &word, 1), -EIO);
	assert_int_equal(*model82545_reg(r->m, M_EECD) & M_EECD_REQ, 0);
	r->m->stuck_eerd = true;
	assert_int_equal(asm82545_eeprom_write(&r->hw, 5, &word, 1), -ETIMEDOUT);
	rig_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_reads_words),
	cmocka_unit_test(test_read_that_is_never_done_times_out),
	cmocka_unit_test(test_read_of_a_removed_device_fails),
	cmocka_unit_test(test_address_is_in_the_eeprom),
	cmocka_unit_test(test_checksum_covers_every_word),
	cmocka_unit_test(test_address_must_be_a_station_address),
	cmocka_unit_test(test_init_falls_back_to_rar0),
	cmocka_unit_test(test_init_fails_without_any_address),
	cmocka_unit_test(test_writes_words_and_checksum),
	cmocka_unit_test(test_write_that_is_lost_is_an_error),
};

TEST_SUITE(eeprom, tests)
