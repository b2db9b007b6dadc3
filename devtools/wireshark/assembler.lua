-- SPDX-License-Identifier: BSD-3-Clause
-- Copyright(c) 2026 The asm82545 Authors
--
-- Wireshark dissector of the assembled Ethernet frame, version 1.
--   tshark -X lua_script:assembler.lua -r FILE
-- A frame that a receiver drops is marked with the cause (assembler.cause), and
-- its inner frames are shown as bytes, but not dissected: they never arrive.

local HEADER_LEN = 16
local ADDRS_LEN = 12
local ETHERNET_MIN = 60
local CTRL, LZ4, TIMER, RESERVED = 0x01, 0x02, 0x10, 0x0C
local WHOLE, SAME, OUTER = 0, 1, 2
-- Of an LZ4 block the last bytes are literals, and no match begins in so many at its end.
local LAST_LITERALS, MATCH_FROM_END = 5, 12
local VLAN_TYPES = { [0x8100] = true, [0x88A8] = true }

local assembler = Proto("assembler", "Assembled Ethernet Frame")
local modes = { [0] = "WHOLE", "SAME", "OUTER", "reserved" }
local tlv_names = { "HELLO", "HELLO_ACK", "PROBE", "PROBE_ACK", "BYE" }

local f = {
	version = ProtoField.uint8("assembler.version", "Version", base.DEC, nil, 0xF0),
	hlen = ProtoField.uint8("assembler.hlen", "Header length in words", base.DEC, nil, 0x0F),
	flags = ProtoField.uint8("assembler.flags", "Flags", base.HEX),
	ctrl = ProtoField.bool("assembler.flags.ctrl", "Control", 8, nil, CTRL),
	lz4 = ProtoField.bool("assembler.flags.lz4", "LZ4", 8, nil, LZ4),
	reserved = ProtoField.uint8("assembler.flags.reserved", "Reserved", base.HEX, nil, RESERVED),
	timer = ProtoField.bool("assembler.flags.timer", "Closed by the hold timer", 8, nil, TIMER),
	ignored = ProtoField.uint8("assembler.flags.ignored", "May be ignored", base.HEX, nil, 0xE0),
	payload_len = ProtoField.uint16("assembler.payload_len", "Payload length"),
	count = ProtoField.uint16("assembler.count", "Count"),
	stream = ProtoField.uint16("assembler.stream", "Stream", base.HEX),
	class = ProtoField.uint16("assembler.stream.class", "Class", base.DEC, nil, 0xF000),
	index = ProtoField.uint16("assembler.stream.index", "Index", base.DEC, nil, 0x0FFF),
	seq = ProtoField.uint32("assembler.seq", "Sequence number"),
	epoch = ProtoField.uint16("assembler.epoch", "Epoch", base.HEX),
	hdr_csum = ProtoField.uint16("assembler.hdr_csum", "Header checksum", base.HEX),
	padding = ProtoField.bytes("assembler.padding", "Padding"),
	sub = ProtoField.none("assembler.sub", "Subframe"),
	mode = ProtoField.uint16("assembler.sub.mode", "Mode", base.DEC, modes, 0xC000),
	length = ProtoField.uint16("assembler.sub.length", "Data length", base.DEC, nil, 0x3FFF),
	data = ProtoField.bytes("assembler.sub.data", "Data"),
	inner = ProtoField.bytes("assembler.inner", "Inner frame"),
	lz4_length = ProtoField.uint16("assembler.lz4.length", "Uncompressed length"),
	lz4_block = ProtoField.bytes("assembler.lz4.block", "LZ4 block"),
	tlv = ProtoField.none("assembler.tlv", "TLV"),
	tlv_type = ProtoField.uint8("assembler.tlv.type", "Type", base.DEC, tlv_names),
	tlv_length = ProtoField.uint8("assembler.tlv.length", "Length"),
	tlv_value = ProtoField.bytes("assembler.tlv.value", "Value"),
	min_version = ProtoField.uint8("assembler.hello.min_version", "Lowest version"),
	max_version = ProtoField.uint8("assembler.hello.max_version", "Highest version"),
	understood = ProtoField.uint8("assembler.hello.flags", "Flags understood", base.HEX),
	hello_reserved = ProtoField.uint8("assembler.hello.reserved", "Reserved", base.HEX),
	max_frame = ProtoField.uint16("assembler.hello.max_frame", "Largest frame"),
	max_count = ProtoField.uint16("assembler.hello.max_count", "Largest count"),
	hello_epoch = ProtoField.uint16("assembler.hello.epoch", "Epoch", base.HEX),
	keepalive = ProtoField.uint16("assembler.hello.keepalive", "Keepalive interval (ms)"),
	answered = ProtoField.uint16("assembler.hello.answered", "Epoch of the HELLO answered",
		base.HEX),
	probe_id = ProtoField.uint32("assembler.probe.id", "Id", base.HEX),
	probe_received = ProtoField.uint16("assembler.probe.received", "Bytes received"),
	bye_epoch = ProtoField.uint16("assembler.bye.epoch", "Epoch", base.HEX),
	cause = ProtoField.string("assembler.cause", "Dropped by a receiver, cause"),
}

-- What is in the value of each TLV, in order: field and bytes.
local hello = {
	{ f.min_version, 1 }, { f.max_version, 1 }, { f.understood, 1 }, { f.hello_reserved, 1 },
	{ f.max_frame, 2 }, { f.max_count, 2 }, { f.hello_epoch, 2 }, { f.keepalive, 2 },
}
local hello_ack = { table.unpack(hello) }
hello_ack[#hello_ack + 1] = { f.answered, 2 }
local tlv_fields = {
	hello,
	hello_ack,
	{ { f.probe_id, 4 } },
	{ { f.probe_id, 4 }, { f.probe_received, 2 } },
	{ { f.bye_epoch, 2 } },
}

-- Only a receiver can know that its peer is unknown.
local causes = {
	short = "shorter than its headers",
	version = "the version is not 1",
	hlen = "the header length is not 4 words",
	flags = "flags that a receiver cannot understand",
	checksum = "the header checksum is wrong",
	truncated = "the payload is longer than what was received",
	count = "the count is 0",
	lz4 = "the payload does not decompress to the length it says",
	walk = "the count does not lead to the payload's end",
	mode = "subframe mode 3",
	length = "a length that cannot be",
	same_first = "the first subframe is SAME",
	oversize = "the inner frame is too long",
	nested = "the inner frame is an assembled one",
}
local experts = {}
for name, text in pairs(causes) do
	experts[name] = ProtoExpert.new("assembler." .. name, name .. ": " .. text,
		expert.group.MALFORMED, expert.severity.ERROR)
end
local expert_cut = ProtoExpert.new("assembler.cut", "The capture lacks the frame's end",
	expert.group.UNDECODED, expert.severity.WARN)

assembler.fields = f
local all_experts = { expert_cut }
for _, e in pairs(experts) do all_experts[#all_experts + 1] = e end
assembler.experts = all_experts
assembler.prefs.ethertype = Pref.uint("EtherType (decimal)", 0x88B5,
	"EtherType of assembled frames; 34997 is 0x88B5")
assembler.prefs.max_pkt = Pref.uint("Longest inner frame", 1514,
	"Bytes without FCS and VLAN tag that a receiver rebuilds")

local eth_dst, eth_src = Field.new("eth.dst"), Field.new("eth.src")
local eth_type = Field.new("eth.type")
local ethernet = Dissector.get("eth_withoutfcs")

local function be16(s, pos)
	local hi, lo = s:byte(pos, pos + 1)
	return hi * 256 + lo
end

local function checksum_good(s)
	local sum = 0
	for pos = 1, HEADER_LEN, 2 do
		sum = sum + be16(s, pos)
	end
	while sum > 0xFFFF do
		sum = sum % 0x10000 + math.floor(sum / 0x10000)
	end
	return sum == 0xFFFF
end

-- The cause for which the header is dropped, or nil. *received*: bytes of the
-- frame after the Ethernet header.
local function check_header(s, received)
	local ver_hlen, flags = s:byte(1, 2)
	if math.floor(ver_hlen / 16) ~= 1 then return "version" end
	if ver_hlen % 16 ~= 4 then return "hlen" end
	if bit32.btest(flags, RESERVED) then return "flags" end
	if bit32.band(flags, CTRL + LZ4) == CTRL + LZ4 then return "flags" end
	if not checksum_good(s) then return "checksum" end
	if be16(s, 3) > received - HEADER_LEN then return "truncated" end
	if be16(s, 5) == 0 then return "count" end
end

-- An LZ4 length that goes on in further bytes: the sum, and where it ends.
local function lz4_length(s, pos, length)
	if length < 15 then return length, pos end
	repeat
		local byte = s:byte(pos)
		if not byte then return nil end
		length, pos = length + byte, pos + 1
	until byte ~= 255
	return length, pos
end

-- Append *length* bytes from *offset* back to the *n* bytes in *out*, one by one.
local function lz4_match(out, n, offset, length)
	for i = n + 1, n + length do
		out[i] = out[i - offset]
	end
	return n + length
end

-- The *size* bytes that an LZ4 block decompresses to, or nil. No more than that
-- many are ever made.
local function lz4_decompress(s, size)
	local out, n, pos, length = {}, 0, 1, nil
	while true do
		local token = s:byte(pos)
		if not token then return nil end
		length, pos = lz4_length(s, pos + 1, math.floor(token / 16))
		if not length or pos + length > #s + 1 or n + length > size then return nil end
		for i = pos, pos + length - 1 do
			n = n + 1
			out[n] = s:sub(i, i)
		end
		pos = pos + length
		if pos > #s then return n == size and table.concat(out) or nil end
		if pos + 1 > #s then return nil end
		local lo, hi = s:byte(pos, pos + 1)
		local offset = hi * 256 + lo
		length, pos = lz4_length(s, pos + 2, token % 16)
		if not length or offset == 0 or offset > n then return nil end
		if n + MATCH_FROM_END > size or n + length + 4 + LAST_LITERALS > size then return nil end
		n = lz4_match(out, n, offset, length + 4)
	end
end

-- Take one subframe from *pos* of payload *s*: the cause to drop it, or nil.
local function read_sub(s, sub, previous, outer)
	sub.mode = math.floor(be16(s, sub.pos) / 0x4000)
	sub.length = be16(s, sub.pos) % 0x4000
	if sub.mode == 3 then return "mode" end
	if sub.length < (sub.mode == WHOLE and 14 or 2) then return "length" end
	if sub.pos + 1 + sub.length > #s then return "length" end
	local frame = s:sub(sub.pos + 2, sub.pos + 1 + sub.length)
	if sub.mode == SAME then
		if not previous then return "same_first" end
		frame = previous .. frame
	elseif sub.mode == OUTER then
		frame = outer .. frame
	end
	local ether_type = be16(frame, 13)
	local limit = assembler.prefs.max_pkt + (VLAN_TYPES[ether_type] and 4 or 0)
	if #frame > limit then return "oversize" end
	if ether_type == assembler.prefs.ethertype then return "nested" end
	sub.frame = frame .. ("\0"):rep(ETHERNET_MIN - #frame)
end

-- The subframes up to the first bad one, and the cause, if there is one.
local function walk(s, count, outer)
	local subs, pos, previous, cause = {}, 1, nil, nil
	for i = 1, count do
		if #s - pos + 1 < 2 then return subs, "walk" end
		subs[i] = { pos = pos }
		cause = read_sub(s, subs[i], previous, outer)
		if cause then return subs, cause end
		previous = subs[i].frame:sub(1, ADDRS_LEN)
		pos = pos + 2 + subs[i].length
	end
	return subs, pos ~= #s + 1 and "walk" or nil
end

local function tlv_size(kind)
	local size = 0
	for _, part in ipairs(tlv_fields[kind] or {}) do
		size = size + part[2]
	end
	return size
end

local function walk_tlvs(s, count)
	local tlvs, pos = {}, 1
	for i = 1, count do
		if #s - pos + 1 < 2 then return tlvs, "walk" end
		local kind, length = s:byte(pos, pos + 1)
		if pos + 1 + length > #s then return tlvs, "walk" end
		tlvs[i] = { pos = pos, kind = kind, length = length }
		if tlv_fields[kind] and length ~= tlv_size(kind) then return tlvs, "length" end
		pos = pos + 2 + length
	end
	return tlvs, pos ~= #s + 1 and "walk" or nil
end

local function show_header(tvb, tree)
	tree:add(f.version, tvb(0, 1))
	tree:add(f.hlen, tvb(0, 1))
	local flags = tree:add(f.flags, tvb(1, 1))
	for _, field in ipairs({ f.ctrl, f.lz4, f.reserved, f.timer, f.ignored }) do
		flags:add(field, tvb(1, 1))
	end
	tree:add(f.payload_len, tvb(2, 2))
	tree:add(f.count, tvb(4, 2))
	local stream = tree:add(f.stream, tvb(6, 2))
	stream:add(f.class, tvb(6, 2))
	stream:add(f.index, tvb(6, 2))
	tree:add(f.seq, tvb(8, 4))
	tree:add(f.epoch, tvb(12, 2))
	tree:add(f.hdr_csum, tvb(14, 2))
end

local function show_sub(tvb, tree, sub, number)
	local present = math.min(2 + sub.length, tvb:len() - sub.pos + 1)
	local item = tree:add(f.sub, tvb(sub.pos - 1, present))
	item:set_text(("Subframe %d, %s, %d bytes"):format(number, modes[sub.mode], sub.length))
	item:add(f.mode, tvb(sub.pos - 1, 2))
	item:add(f.length, tvb(sub.pos - 1, 2))
	if present > 2 then
		item:add(f.data, tvb(sub.pos + 1, present - 2))
	end
	return item
end

local function show_tlv(tvb, tree, tlv)
	local item = tree:add(f.tlv, tvb(tlv.pos - 1, 2 + tlv.length))
	item:set_text(("TLV %s, %d bytes"):format(tlv_names[tlv.kind] or tlv.kind, tlv.length))
	item:add(f.tlv_type, tvb(tlv.pos - 1, 1))
	item:add(f.tlv_length, tvb(tlv.pos, 1))
	local pos = tlv.pos + 1
	if not tlv_fields[tlv.kind] or tlv_size(tlv.kind) ~= tlv.length then
		if tlv.length > 0 then
			item:add(f.tlv_value, tvb(pos, tlv.length))
		end
		return item
	end
	for _, part in ipairs(tlv_fields[tlv.kind]) do
		item:add(part[1], tvb(pos, part[2]))
		pos = pos + part[2]
	end
	return item
end

local function mark(tree, cause)
	tree:add(f.cause, cause):set_generated()
	tree:add_proto_expert_info(experts[cause])
end

-- Inner dissectors write over what the packet list shows and what filters on
-- addresses see last.
local kept = { "src", "dst", "dl_src", "dl_dst", "net_src", "net_dst", "src_port", "dst_port" }

local function dissect_inner(subs, items, pinfo, tree)
	local before = {}
	for _, name in ipairs(kept) do before[name] = pinfo[name] end
	for i, sub in ipairs(subs) do
		local tvb = ByteArray.new(sub.frame, true):tvb("Inner frame " .. i)
		items[i]:add(f.inner, tvb()):set_generated()
		ethernet:call(tvb, pinfo, tree)
		for name, value in pairs(before) do pinfo[name] = value end
	end
end

-- The addresses of the Ethernet header that was dissected last: this frame's.
local function outer_addrs()
	local dst, src = { eth_dst() }, { eth_src() }
	if #dst == 0 then return ("\0"):rep(ADDRS_LEN) end
	return dst[#dst].range:raw() .. src[#src].range:raw()
end

-- Returns the payload to walk and its tvb, or the cause.
local function show_lz4(tvb, tree)
	if tvb:len() >= 2 then
		tree:add(f.lz4_length, tvb(0, 2))
	end
	if tvb:len() < 3 or tvb(0, 2):uint() == 0 then return nil, "lz4" end
	tree:add(f.lz4_block, tvb(2))
	local plain = lz4_decompress(tvb:raw(2), tvb(0, 2):uint())
	if not plain then return nil, "lz4" end
	return ByteArray.new(plain, true):tvb("Decompressed payload")
end

local function show_control(tvb, tree, count)
	local tlvs, cause = walk_tlvs(tvb and tvb:raw() or "", count)
	local names, item = {}, tree
	for i, tlv in ipairs(tlvs) do
		item = show_tlv(tvb, tree, tlv)
		names[i] = tlv_names[tlv.kind] or tostring(tlv.kind)
	end
	if cause then mark(cause == "length" and item or tree, cause) end
	return ", " .. table.concat(names, ", "), cause
end

local function show_subframes(tvb, pinfo, tree, root, count)
	local outer = outer_addrs()
	local subs, cause = walk(tvb and tvb:raw() or "", count, outer)
	local items = {}
	for i, sub in ipairs(subs) do
		items[i] = show_sub(tvb, tree, sub, i)
	end
	if cause then
		mark(cause ~= "walk" and items[#items] or tree, cause)
	else
		dissect_inner(subs, items, pinfo, root)
	end
	return (", %d subframe%s"):format(count, count == 1 and "" or "s"), cause
end

-- What follows the header. Returns words for the packet list, and the cause.
local function show_payload(tvb, pinfo, tree, root)
	local flags, size = tvb(1, 1):uint(), tvb(2, 2):uint()
	local count = tvb(4, 2):uint()
	if HEADER_LEN + size > tvb:len() then
		tree:add_proto_expert_info(expert_cut)
		return ", cut"
	end
	if HEADER_LEN + size < tvb:len() then
		tree:add(f.padding, tvb(HEADER_LEN + size))
	end
	local payload = size > 0 and tvb(HEADER_LEN, size):tvb() or nil
	if bit32.btest(flags, CTRL) then
		return show_control(payload, tree, count)
	end
	if bit32.btest(flags, LZ4) then
		local cause = "lz4"
		if payload then
			payload, cause = show_lz4(payload, tree)
		end
		if cause then
			mark(tree, cause)
			return ", LZ4", cause
		end
	end
	return show_subframes(payload, pinfo, tree, root, count)
end

local function show_frame(tvb, pinfo, tree, root)
	if tvb:reported_len() < HEADER_LEN then
		mark(tree, "short")
		return "", "short"
	end
	if tvb:len() < HEADER_LEN then
		tree:add_proto_expert_info(expert_cut)
		return ", cut"
	end
	show_header(tvb, tree)
	local cause = check_header(tvb:raw(0, HEADER_LEN), tvb:reported_len())
	if cause then
		mark(tree, cause)
		return "", cause
	end
	return show_payload(tvb, pinfo, tree, root)
end

-- Behind a tag that EtherType is like any other.
local function is_tagged()
	local types = { eth_type() }
	return #types > 0 and types[#types].value ~= assembler.prefs.ethertype
end

function assembler.dissector(tvb, pinfo, root)
	if is_tagged() then return 0 end
	local tree = root:add(assembler, tvb())
	local words, cause = show_frame(tvb, pinfo, tree, root)
	if tvb:len() >= HEADER_LEN then
		words = ("stream %d, seq %d%s"):format(tvb(6, 2):uint(), tvb(8, 4):uint(), words)
	end
	pinfo.cols.protocol = "Assembler"
	pinfo.cols.info = words .. (cause and " [dropped: " .. cause .. "]" or "")
end

-- Entries by EtherType follow the preference.
local ether_types = DissectorTable.get("ethertype")
local registered
local function register()
	if registered then ether_types:remove(registered, assembler) end
	registered = assembler.prefs.ethertype
	ether_types:add(registered, assembler)
end
assembler.prefs_changed = register
register()
