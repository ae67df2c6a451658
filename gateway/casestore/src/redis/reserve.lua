#!lua
-- Binds a request to a body. Kept: 32 bytes of body, 16 digits of the end, the note.
-- KEYS heads request   ARGV body note keep
local offset = redis.call('HGET', KEYS[1], 'clock')
local kept = redis.call('GET', KEYS[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if kept and tonumber(string.sub(kept, 33, 48)) > now then
  if string.sub(kept, 1, 32) == ARGV[1] then
    return { 'bound', now }
  end
  return { 'conflict', string.sub(kept, 49) }
end
local value = ARGV[1] .. string.format('%016d', now + ARGV[3]) .. ARGV[2]
redis.call('SET', KEYS[2], value, 'PX', ARGV[3])
return { 'bound', now }
