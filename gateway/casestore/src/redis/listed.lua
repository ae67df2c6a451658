#!lua flags=no-writes
-- A page of a party's list, newest first, before a time and case if told.
-- KEYS order lines   ARGV limit at|'' case
local limit = tonumber(ARGV[1])
local from, room = '+inf', limit
if ARGV[2] ~= '' then
  -- Of those at the very time some may be after the token: room for all of them.
  from = ARGV[2]
  room = limit + redis.call('ZCOUNT', KEYS[1], from, from)
end
local found = redis.call('ZRANGE', KEYS[1], from, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, room, 'WITHSCORES')
local page = {}
for i = 1, #found, 2 do
  if #page >= 3 * limit then
    break
  end
  if tonumber(found[i + 1]) ~= tonumber(ARGV[2]) or found[i] < ARGV[3] then
    page[#page + 1] = found[i]
    page[#page + 1] = found[i + 1]
    page[#page + 1] = redis.call('HGET', KEYS[2], found[i])
  end
end
return { 'lines', page }
