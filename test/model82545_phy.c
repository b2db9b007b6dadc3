/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The model's PHY, its link, and the EEPROM's four wires. */

#include "model82545.h"

#define PHY_ADDRESS  1
#define PHY_RESET_US 300

static void
link_set(struct model82545 *m, bool up, uint32_t speed, bool full_duplex)
{
	uint32_t *status = model82545_reg(m, M_STATUS);
	uint32_t old = *status;

	*status &= ~(M_STATUS_LU | M_STATUS_FD | M_STATUS_SPEED_100 | M_STATUS_SPEED_1000);
	*status |= up ? M_STATUS_LU : 0;
	*status |= full_duplex ? M_STATUS_FD : 0;
	*status |= speed == 1000 ? M_STATUS_SPEED_1000 : speed == 100 ? M_STATUS_SPEED_100 : 0;
	if ((*status ^ old) & M_STATUS_LU)
		model82545_cause(m, M_INT_LSC);
}

/* What PSSTAT resolved, in Mb/s. */
static uint32_t
phy_speed(const struct model82545 *m)
{
	static const uint32_t speeds[] = { 10, 100, 1000, 0 };

	return speeds[m->phy[M_PHY_PSSTAT] >> M_PSSTAT_SPEED_S];
}

/* §8.6.2: the MAC follows the PHY where it is not forced. */
static void
copper_refresh(struct model82545 *m)
{
	static const uint32_t speeds[] = { 10, 100, 1000, 1000 };
	uint32_t ctrl = *model82545_reg(m, M_CTRL);
	bool up = m->phy_link && (ctrl & M_CTRL_SLU);
	uint32_t speed = phy_speed(m);
	bool full_duplex = m->phy[M_PHY_PSSTAT] & M_PSSTAT_FD;

	if (ctrl & M_CTRL_FRCSPD) {
		up = up && speed == speeds[ctrl >> 8 & 3];
		speed = speeds[ctrl >> 8 & 3];
	}
	if (ctrl & M_CTRL_FRCDPLX)
		full_duplex = ctrl & M_CTRL_FD;
	link_set(m, up, speed, full_duplex);
}

/* §8.6.1: clause 37, or forced. */
static void
fiber_refresh(struct model82545 *m)
{
	uint32_t ctrl = *model82545_reg(m, M_CTRL);
	bool negotiates = *model82545_reg(m, M_TXCW) & M_TXCW_ANE;
	bool up = m->cable && !(ctrl & M_CTRL_LRST);

	*model82545_reg(m, M_STATUS) |= M_STATUS_TBIMODE;
	*model82545_reg(m, M_RXCW) = m->cable ? M_RXCW_SYNC : 0;
	if (up && negotiates && m->phy_link)
		*model82545_reg(m, M_RXCW) |= M_RXCW_ANC | 0x01A0;
	up = up && (negotiates ? m->phy_link : (ctrl & M_CTRL_SLU) != 0);
	link_set(m, up, 1000, true);
}

void
model82545_link_refresh(struct model82545 *m)
{
	switch (m->kind) {
	case MODEL82545_FIBER:
		fiber_refresh(m);
		break;
	case MODEL82545_QEMU: /* CTRL has no say */
		link_set(m, m->phy_link, 1000, true);
		break;
	default:
		copper_refresh(m);
	}
}

static void
phy_set_link(struct model82545 *m, bool up, uint32_t speed, bool full_duplex)
{
	uint16_t field = speed == 1000 ? 2 : speed == 100 ? 1 : 0;

	m->phy_link = up;
	m->phy[M_PHY_PSTATUS] &= ~M_PSTATUS_LINK;
	m->phy[M_PHY_PSSTAT] &= 0x03FF;
	if (up) {
		m->phy[M_PHY_PSTATUS] |= M_PSTATUS_LINK;
		m->phy[M_PHY_PSSTAT] |= M_PSSTAT_LINK | M_PSSTAT_RESOLVED |
			field << M_PSSTAT_SPEED_S | (full_duplex ? M_PSSTAT_FD : 0);
	}
	model82545_link_refresh(m);
}

/* §8.6.4: the best that both sides can do. */
static void
phy_negotiated(struct model82545 *m)
{
	static const struct {
		uint16_t ana;
		uint32_t speed;
		bool full_duplex;
	} modes[] = {
		{ 0x0100, 100, true }, { 0x0080, 100, false },
		{ 0x0040, 10, true }, { 0x0020, 10, false },
	};
	uint16_t common = m->phy[M_PHY_ANA] & m->partner;
	size_t i;

	m->phy[M_PHY_PSTATUS] |= M_PSTATUS_AN_DONE;
	m->phy[M_PHY_LPA] = m->partner | 0x4000;
	m->phy[M_PHY_GSTATUS] = m->partner_gigabit ? 0x3800 : 0;
	m->phy[M_PHY_ANE] = 1;
	if (m->partner_gigabit && (m->phy[M_PHY_GCON] & 0x0200)) {
		phy_set_link(m, true, 1000, true);
		return;
	}
	for (i = 0; i < RTE_DIM(modes); i++) {
		if (common & modes[i].ana) {
			phy_set_link(m, true, modes[i].speed, modes[i].full_duplex);
			return;
		}
	}
	phy_set_link(m, false, 10, false);
}

static bool
phy_is_awake(const struct model82545 *m)
{
	return !(m->phy[M_PHY_PCTRL] & (M_PCTRL_POWER_DOWN | M_PCTRL_ISOLATE));
}

/* §13.4.7.1.1: PCTRL acts anew, by a reset, a restart or the cable. */
static void
phy_restart(struct model82545 *m)
{
	uint16_t pctrl = m->phy[M_PHY_PCTRL];

	m->phy[M_PHY_PSTATUS] &= ~M_PSTATUS_AN_DONE;
	phy_set_link(m, false, 10, false);
	m->an_busy = false;
	if (!phy_is_awake(m) || (!m->cable && !(pctrl & M_PCTRL_LOOPBACK)))
		return;
	if (pctrl & M_PCTRL_AN_EN) {
		m->an_busy = true;
		m->an_done = m->us + m->an_us;
		return;
	}
	phy_set_link(m, true, pctrl & M_PCTRL_SPEED_1000 ? 1000 :
			pctrl & M_PCTRL_SPEED_100 ? 100 : 10, pctrl & M_PCTRL_FD);
}

static const uint16_t phy_default[MODEL82545_PHY_REGS] = {
	[M_PHY_PCTRL] = 0x1140,
	[M_PHY_PSTATUS] = 0x7949,
	[M_PHY_ID1] = 0x0141,
	[M_PHY_ID2] = 0x0C22,
	[M_PHY_ANA] = 0x0DE1,
	[M_PHY_GCON] = 0x0E00,
	[15] = 0x3000,
	[M_PHY_PSCON] = 0x0360,
	[20] = 0x0D60,
};

void
model82545_phy_reset(struct model82545 *m)
{
	int i;

	for (i = 0; i < MODEL82545_PHY_REGS; i++)
		m->phy[i] = phy_default[i];
	m->pscon = m->phy[M_PHY_PSCON];
	m->phy_busy = false;
	phy_restart(m);
}

static void
phy_soft_reset(struct model82545 *m)
{
	m->pscon = m->phy[M_PHY_PSCON];
	m->phy_busy = true;
	m->phy_done = m->us + PHY_RESET_US;
	m->phy[M_PHY_PCTRL] |= M_PCTRL_RESET;
	phy_set_link(m, false, 10, false);
	m->an_busy = false;
}

static void
pctrl_write(struct model82545 *m, uint16_t val)
{
	uint16_t old = m->phy[M_PHY_PCTRL];

	m->phy[M_PHY_PCTRL] = val & ~(M_PCTRL_RESET | M_PCTRL_RESTART_AN);
	if (m->kind == MODEL82545_QEMU) {
		if ((val & M_PCTRL_AN_EN) && (val & M_PCTRL_RESTART_AN))
			phy_restart(m);
		return;
	}
	if (val & M_PCTRL_RESET)
		phy_soft_reset(m);
	else if ((val & M_PCTRL_RESTART_AN) ||
			((val ^ old) & (M_PCTRL_POWER_DOWN | M_PCTRL_ISOLATE |
				M_PCTRL_LOOPBACK)))
		phy_restart(m);
}

/* QEMU has only these. */
static bool
qemu_has(uint32_t reg, bool write)
{
	const uint32_t readable = 0x0030067F | RTE_BIT32(16) | RTE_BIT32(17);
	const uint32_t writable = RTE_BIT32(0) | RTE_BIT32(4) | RTE_BIT32(9) |
		RTE_BIT32(16) | RTE_BIT32(20);

	return (write ? writable : readable) >> reg & 1;
}

static void
phy_write(struct model82545 *m, uint32_t reg, uint16_t val)
{
	switch (reg) {
	case M_PHY_PCTRL:
		pctrl_write(m, val);
		break;
	case M_PHY_PSTATUS:
	case M_PHY_ID1:
	case M_PHY_ID2:
	case M_PHY_LPA:
	case M_PHY_ANE:
	case M_PHY_GSTATUS:
	case M_PHY_PSSTAT:
		model82545_fault(m, "read-only PHY register %u is written", reg);
		break;
	default:
		m->phy[reg] = val;
	}
}

/* §13.4.7.1.2: the link bit is latched low, PREC clears. */
static uint16_t
phy_read(struct model82545 *m, uint32_t reg)
{
	uint16_t val = m->phy[reg];

	if (reg == M_PHY_PSTATUS && m->phy_link)
		m->phy[reg] |= M_PSTATUS_LINK;
	if (reg == M_PHY_PREC)
		m->phy[reg] = 0;
	return val;
}

/* §13.4.7: one command at a time. */
void
model82545_mdic(struct model82545 *m, uint32_t val)
{
	uint32_t reg = val >> 16 & 0x1F, address = val >> 21 & 0x1F, op = val >> 26 & 3;
	bool write = op == M_MDIC_OP_WRITE;
	uint32_t *mdic = model82545_reg(m, M_MDIC);

	if (m->mdic_busy)
		model82545_fault(m, "MDIC is written while a command runs");
	if (val & M_MDIC_I)
		model82545_fault(m, "MDIC with I: some emulators refuse it");
	*mdic = val & 0x0FFFFFFF;
	if (m->stuck_mdic)
		return;
	if (m->mdic_error || address != PHY_ADDRESS || (op != M_MDIC_OP_READ && !write) ||
			(m->kind == MODEL82545_QEMU && !qemu_has(reg, write))) {
		*mdic |= M_MDIC_E;
	} else if (write) {
		phy_write(m, reg, val & 0xFFFF);
	} else {
		*mdic = (*mdic & ~0xFFFFu) | phy_read(m, reg);
	}
	m->mdic_busy = true;
	m->mdic_done = m->us + m->mdic_us;
	if (m->kind == MODEL82545_QEMU)
		model82545_phy_tick(m);
}

void
model82545_phy_tick(struct model82545 *m)
{
	if (m->mdic_busy && (m->us >= m->mdic_done || m->kind == MODEL82545_QEMU)) {
		m->mdic_busy = false;
		*model82545_reg(m, M_MDIC) |= M_MDIC_R;
	}
	if (m->phy_busy && !m->stuck_phy && m->us >= m->phy_done) {
		m->phy_busy = false;
		m->phy[M_PHY_PCTRL] &= ~M_PCTRL_RESET;
		phy_restart(m);
	}
	if (m->an_busy && m->us >= m->an_done) {
		m->an_busy = false;
		if (m->kind == MODEL82545_FIBER) {
			m->phy_link = m->cable;
			model82545_link_refresh(m);
		} else {
			phy_negotiated(m);
		}
	}
}

void
model82545_cable(struct model82545 *m, bool plugged)
{
	m->cable = plugged;
	if (m->kind != MODEL82545_FIBER) {
		phy_restart(m);
		return;
	}
	m->phy_link = false;
	m->an_busy = plugged && (*model82545_reg(m, M_TXCW) & M_TXCW_ANE);
	m->an_done = m->us + m->an_us;
	model82545_link_refresh(m);
}

/*
 * Microwire, 64 words: after CS rises a start bit, two bits of operation and
 * six of address, then 16 bits of data; bits are taken when SK rises.
 */
#define MW_COMMAND_BITS 9
#define MW_ALL_BITS     25

static void
microwire_command(struct model82545 *m)
{
	uint32_t op = m->microwire_in >> 6 & 3, address = m->microwire_in & 0x3F;

	if (op == 2)
		m->microwire_out = m->eeprom[address];
	else if (op == 0 && address >> 4 == 3)
		m->microwire_write_on = true;
	else if (op == 0 && address >> 4 == 0)
		m->microwire_write_on = false;
}

static void
microwire_data(struct model82545 *m)
{
	uint32_t command = m->microwire_in >> 16;

	if ((command >> 6 & 3) == 1 && m->microwire_write_on && m->kind != MODEL82545_QEMU)
		m->eeprom[command & 0x3F] = m->microwire_in;
}

static void
microwire_clock(struct model82545 *m, bool di)
{
	uint32_t *eecd = model82545_reg(m, M_EECD);

	if (m->microwire_bits == 0 && !di)
		return; /* no start bit yet */
	m->microwire_bits++;
	m->microwire_in = m->microwire_in << 1 | di;
	*eecd &= ~M_EECD_DO;
	if (m->microwire_bits == MW_COMMAND_BITS) {
		microwire_command(m);
	} else if (m->microwire_bits > MW_COMMAND_BITS) {
		*eecd |= m->microwire_out >> 15 != 0 ? M_EECD_DO : 0;
		m->microwire_out <<= 1;
	}
	if (m->microwire_bits == MW_ALL_BITS)
		microwire_data(m);
}

/* §13.4.3 */
void
model82545_eecd(struct model82545 *m, uint32_t val)
{
	uint32_t *eecd = model82545_reg(m, M_EECD);
	uint32_t old = *eecd;

	*eecd = (val & 0x77) | (old & (M_EECD_DO | M_EECD_PRES)) |
		(val & M_EECD_REQ ? M_EECD_GNT : 0);
	if (!(*eecd & M_EECD_GNT))
		return;
	if (!(val & M_EECD_CS)) {
		m->microwire_bits = 0;
		m->microwire_in = 0;
		m->microwire_out = 0;
		*eecd |= M_EECD_DO; /* ready */
		return;
	}
	if (val & ~old & M_EECD_SK)
		microwire_clock(m, val & M_EECD_DI);
}
